package load

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"golang.org/x/tools/txtar"
)

// BenchmarkLoad measures the loader at 10, 100 and 1000 annotated types, go list included.
func BenchmarkLoad(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			dir := extract(b, manyTypes(n))
			for b.Loop() {
				found, err := Load(context.Background(), dir, nil)
				if err != nil || len(found.Diagnostics) > 0 || len(found.Packages) != 1 {
					b.Fatal(found, err)
				}
			}
		})
	}
}

// manyTypes is a package of n annotated types, half of them events, each with a handler.
func manyTypes(n int) *txtar.Archive {
	var src bytes.Buffer
	src.WriteString("package shop\n\nimport (\n\t\"time\"\n\n\tbrook \"github.com/brookgen/brookgen/runtime\"\n)\n\ntype Set struct{}\n\n")
	for i := range n / 2 {
		fmt.Fprintf(&src, `
//brook:event thing.happened.%[1]d
type Happened%[1]d struct {
	ID    string    `+"`json:\"id\" brook:\"key\"`"+`
	At    time.Time `+"`json:\"at\"`"+`
	Names []string  `+"`json:\"names\"`"+`
	Inner struct{ A, B int }
}

//brook:collection things-%[1]d
type Thing%[1]d struct {
	ID    string    `+"`json:\"id\" brook:\"key\"`"+`
	At    time.Time `+"`json:\"at\"`"+`
	Count int
}

//brook:handle
func (Set) Happened%[1]d(e brook.Event[Happened%[1]d], things brook.View[string, Thing%[1]d]) (brook.Change[string, Thing%[1]d], error) {
	return brook.Merge(e.Data.ID, func(t *Thing%[1]d) { t.Count++ }), nil
}
`, i)
	}
	return &txtar.Archive{Files: []txtar.File{{Name: "shop.go", Data: src.Bytes()}}}
}
