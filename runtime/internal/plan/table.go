package plan

import (
	"net/url"
	"slices"
)

// TableName returns the name in the store of a table of the app of a name.
func TableName(app, table string) string { return url.PathEscape(app) + "/" + table }

// RowsTable returns the name of the table of a collection's rows, without that of its generation.
func RowsTable(collection string) string { return "rows/" + url.PathEscape(collection) }

// IndexTable returns the name of the table of an index that is as old as its generation, without
// that of the generation.
func IndexTable(collection, field string) string {
	return "index/" + url.PathEscape(collection) + "/" + field
}

// The names of the tables of timers, and of when these are due, without that of their generation.
const (
	TimersTable = "timers"
	DueTable    = "due"
)

// TableNames returns the names of the tables of rows, indexes and timers that the code has, sorted.
func (p *Code) TableNames() []string {
	var names []string
	for _, c := range p.Layout.Collections {
		names = append(names, RowsTable(c.Name))
		for _, x := range c.Indexes {
			names = append(names, IndexTable(c.Name, x.Field))
		}
	}
	if p.Layout.Timed {
		names = append(names, TimersTable, DueTable)
	}
	return Sorted(names)
}

// Sorted sorts names in place and returns them, each once.
func Sorted(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}
