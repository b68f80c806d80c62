package brook

import (
	"fmt"
	"strings"

	"github.com/brookgen/brookgen/runtime/key"
)

// layout numbers the tables of a package: each collection's rows, then its indexes.
type layout struct {
	collections []collectionInfo
	rows        []int   // by collection
	index       [][]int // by collection and index
	slots       int
}

// newLayout numbers the tables of collections.
func newLayout(collections []collectionInfo) *layout {
	l := &layout{}
	for _, info := range collections {
		l.collections = append(l.collections, info)
		l.rows = append(l.rows, l.slots)
		l.slots++
		var index []int
		for range info.indexes {
			index = append(index, l.slots)
			l.slots++
		}
		l.index = append(l.index, index)
	}
	return l
}


// entriesName names an index by what its entries are like: whether its values have to be unique makes no difference to them.
func (c *collectionInfo) entriesName(x indexInfo) string {
	return strings.Join([]string{c.name, x.field, string(x.shape)}, " ")
}

func (c *collectionInfo) indexName(x indexInfo) string {
	return strings.Join([]string{c.name, x.field, string(x.shape), fmt.Sprint(x.unique)}, " ")
}

type collectionInfo struct {
	name    string
	shape   key.Shape
	history bool
	schema  string
	indexes []indexInfo
}

type indexInfo struct {
	field  string
	shape  key.Shape
	unique bool
}
