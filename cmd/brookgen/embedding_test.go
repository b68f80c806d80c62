package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// layouts are structs of one JSON, each of which a row may have been when it was stored.
var layouts = []string{
	"ID string `json:\"id\" brook:\"key\"`; City string `json:\"city\"`; Code int `json:\"code\"`; Note *string `json:\"note\"`",
	"ID string `json:\"id\" brook:\"key\"`; Base; Note *string `json:\"note\"` }; type Base struct { City string `json:\"city\"`; Code int `json:\"code\"`",
	"ID string `json:\"id\" brook:\"key\"`; Place; Note *string `json:\"note\"` }; type Place struct { City string `json:\"city\"`; Code int `json:\"code\"`",
	"*Place; ID string `json:\"id\" brook:\"key\"`; Note *string `json:\"note\"` }; type Place struct { Code int `json:\"code\"`; City string `json:\"city\"`",
	"Outer; ID string `json:\"id\" brook:\"key\"` }; type Outer struct { inner; City string `json:\"city\"` }; type inner struct { Code int32 `json:\"code\"`; Note *string `json:\"note\"`",
	"Named; Rest } ; type Named struct { ID string `json:\"id\" brook:\"key\"`; Code int64 `json:\"code\"` }; type Rest struct { City string `json:\"city\"`; Note *string `json:\"note\"`",
}

const layoutPackage = `package %[1]s

import brook "github.com/brookgen/brookgen/runtime"

//brook:event stored
type Stored struct {
	ID string ` + "`json:\"id\" brook:\"key\"`" + `
	Row []byte
}

//brook:collection rows
type Row struct { %[2]s }

type Set struct{}

//brook:handle
func (Set) Stored(e brook.Event[Stored]) (brook.Change[string, Row], error) {
	row, err := DecodeRowJSON(e.Data.Row)
	return brook.Create(e.Data.ID, row), err
}
`

const layoutProgram = `package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"reflect"
	"os"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
IMPORTS)

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

const text = ` + "`{\"id\":\"a\",\"city\":\"Oslo\",\"code\":70000,\"note\":\"n\"}`" + `

func main() {
	ctx := context.Background()
	for from, write := range writers {
		dir, err := os.MkdirTemp("", "rows")
		must(err)
		store, err := badgerstore.Open(dir)
		must(err)
		config := brook.Config{Author: "rows", Driver: memdriver.New(), Store: store}
		must(write(ctx, config))
		for to, read := range readers {
			got, err := read(config)
			var g, w any
			json.Unmarshal(got, &g)
			json.Unmarshal([]byte(text), &w)
			if err != nil || !reflect.DeepEqual(g, w) {
				fmt.Printf("written as %d, read as %d: %s, %v\n", from, to, got, err)
			}
		}
		must(store.Close())
		must(os.RemoveAll(dir))
	}
}

var writers = []func(context.Context, brook.Config) error{
WRITERS}

var readers = []func(brook.Config) ([]byte, error){
READERS}
`

// TestStoredRowsOutliveEmbedding stores a row with each of several packages whose rows have one
// JSON, and reads it with each of the others: fields that embedded structs promote are found by
// their wire names.
func TestStoredRowsOutliveEmbedding(t *testing.T) {
	dir := tempModule(t, "example.com")
	var imports, writers, readers strings.Builder
	for i, layout := range layouts {
		name := fmt.Sprint("v", i)
		write(t, filepath.Join(dir, name, name+".go"),
			fmt.Appendf(nil, layoutPackage, name, layout))
		fmt.Fprintf(&imports, "\t\"example.com/%s\"\n", name)
		fmt.Fprintf(&writers, `	func(ctx context.Context, c brook.Config) error {
		app, err := %[1]s.NewApp(c, %[1]s.Set{})
		if err != nil {
			return err
		}
		defer app.Close()
		return app.Process.Stored(ctx, %[1]s.Stored{ID: "a", Row: []byte(text)})
	},
`, name)
		fmt.Fprintf(&readers, `	func(c brook.Config) ([]byte, error) {
		app, err := %[1]s.NewApp(c, %[1]s.Set{})
		if err != nil {
			return nil, err
		}
		defer app.Close()
		row, err := app.Views.Rows.Get("a")
		if err != nil {
			return nil, err
		}
		return %[1]s.AppendRowJSON(nil, &row)
	},
`, name)
	}
	program := strings.NewReplacer("IMPORTS", imports.String(), "WRITERS", writers.String(),
		"READERS", readers.String()).Replace(layoutProgram)
	if status, _, errs := brookgen(t, dir, "./..."); status != success {
		t.Fatalf("status %d\n%s", status, errs)
	}
	write(t, filepath.Join(dir, "cmd", "main.go"), []byte(program))
	if out, err := goTool(dir, "run", "./cmd"); err != nil || out != "" {
		t.Errorf("%v\n%s", err, out)
	}
}
