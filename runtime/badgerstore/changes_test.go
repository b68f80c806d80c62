package badgerstore_test

import (
	"math/rand/v2"
	"testing"

	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
)

// Changes of every kind do what a model does.
func TestChanges(t *testing.T) {
	apptest.Changes(t, open(t, t.TempDir(), badgerstore.NoSync()), rand.Uint64())
}
