package schema

import (
	"fmt"
	"strings"

	"github.com/brookgen/brookgen/runtime/key"
)

// Collection is a collection without its Go types.
type Collection struct {
	Name    string
	Shape   key.Shape // of its keys
	History bool      // its rows have histories
	Schema  string    // the shape of its values, see package pack
	Indexes []Index
}

// Index is an indexed field of a collection.
type Index struct {
	Field  string    // as in the struct
	Shape  key.Shape // of the indexed values
	Unique bool
}

// EntriesName names an index by what decides on its entries. Whether the values have to be unique
// does not.
func (c *Collection) EntriesName(x Index) string {
	return strings.Join([]string{c.Name, x.Field, string(x.Shape)}, " ")
}

// IndexName names an index by all that is declared of it.
func (c *Collection) IndexName(x Index) string {
	return strings.Join([]string{c.Name, x.Field, string(x.Shape), fmt.Sprint(x.Unique)}, " ")
}
