package engine_test

import (
	"flag"
	"fmt"
	"os"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/bytestore"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

// newStore makes the store of a test, and newNear one over which no lane rehearses: for tests that
// count what handlers do.
var (
	newStore = func() brook.Store { return mapstore.New() }
	newNear  = newStore
)

// TestMain runs all tests twice: over typed values, and over a store that keeps bytes and is read
// in advance.
func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if code == 0 && !set("test.bench") && !set("test.fuzz") && !set("test.list") {
		newStore = func() brook.Store { return bytestore.NewFar() }
		newNear = func() brook.Store { return bytestore.New() }
		if code = m.Run(); code != 0 {
			fmt.Println("over a store of bytes that is read in advance")
		}
	}
	os.Exit(code)
}

func set(name string) bool {
	f := flag.Lookup(name)
	return f != nil && f.Value.String() != ""
}
