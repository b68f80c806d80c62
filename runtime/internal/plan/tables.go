package plan

import (
	"net/url"
	"slices"
)

// indexNames names the indexes that the code has.
func (p *Code) indexNames() []string {
	var names []string
	for _, c := range p.Layout.Collections {
		for _, x := range c.Indexes {
			names = append(names, c.IndexName(x))
		}
	}
	slices.Sort(names)
	return names
}

func RowsTable(collection string) string { return "rows/" + url.PathEscape(collection) }

func IndexTable(collection, field string) string {
	return "index/" + url.PathEscape(collection) + "/" + field
}

// TableNames names the tables of rows and indexes that the code has.
func (p *Code) TableNames() []string {
	var names []string
	for _, c := range p.Layout.Collections {
		names = append(names, RowsTable(c.Name))
		for _, x := range c.Indexes {
			names = append(names, IndexTable(c.Name, x.Field))
		}
	}
	return Sorted(names)
}

// Sorted sorts names, each once.
func Sorted(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}
