package schema

import (
	"fmt"
	"strings"

	"github.com/brookgen/brookgen/runtime/key"
)

// Layout numbers the tables of a package: each collection's rows, then its indexes.
type Layout struct {
	Collections []Collection
	Rows        []int   // by collection
	Index       [][]int // by collection and index
	Slots       int
}

// NewLayout numbers the tables of collections.
func NewLayout(collections []Collection) *Layout {
	l := &Layout{}
	for _, info := range collections {
		l.Collections = append(l.Collections, info)
		l.Rows = append(l.Rows, l.Slots)
		l.Slots++
		var index []int
		for range info.Indexes {
			index = append(index, l.Slots)
			l.Slots++
		}
		l.Index = append(l.Index, index)
	}
	return l
}

// EntriesName names an index by what its entries are like: whether its values have to be unique makes no difference to them.
func (c *Collection) EntriesName(x Index) string {
	return strings.Join([]string{c.Name, x.Field, string(x.Shape)}, " ")
}

// IndexName names an index by all that is said of it.
func (c *Collection) IndexName(x Index) string {
	return strings.Join([]string{c.Name, x.Field, string(x.Shape), fmt.Sprint(x.Unique)}, " ")
}

// Collection is a collection without its Go types.
type Collection struct {
	Name    string
	Shape   key.Shape
	History bool
	Schema  string // the shape of its values, see package pack
	Indexes []Index
}

// Index is an indexed field of a collection.
type Index struct {
	Field  string
	Shape  key.Shape
	Unique bool
}
