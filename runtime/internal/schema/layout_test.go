package schema_test

import (
	"fmt"
	"testing"

	"github.com/brookgen/brookgen/runtime/internal/schema"
)

// Each table has a slot of its own, in the order of the declarations.
func TestLayout(t *testing.T) {
	l := schema.NewLayout([]schema.Collection{
		{Name: "a", Indexes: []schema.Index{{Field: "X"}, {Field: "Y"}}},
		{Name: "b"},
		{Name: "c", Indexes: []schema.Index{{Field: "Z"}}},
	})
	const want = "[0 3 4] [[1 2] [] [5]] 6"
	if got := fmt.Sprint(l.Rows, l.Index, l.Slots); got != want || len(l.Collections) != 3 {
		t.Errorf("the layout is %s of %d, want %s", got, len(l.Collections), want)
	}
	if none := schema.NewLayout(nil); none.Slots != 0 {
		t.Errorf("no collection has %d slots", none.Slots)
	}
}

// Names of indexes are stored: their form is fixed.
func TestIndexNames(t *testing.T) {
	c := schema.Collection{Name: "people"}
	x := schema.Index{Field: "Email", Shape: "string", Unique: true}
	if got := c.EntriesName(x); got != "people Email string" {
		t.Errorf("EntriesName returns %q", got)
	}
	if got := c.IndexName(x); got != "people Email string true" {
		t.Errorf("IndexName returns %q", got)
	}
	if x.Unique = false; c.IndexName(x) != "people Email string false" {
		t.Errorf("IndexName returns %q", c.IndexName(x))
	}
}
