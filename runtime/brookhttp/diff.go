package brookhttp

import brook "github.com/brookgen/brookgen/runtime"

// collectionDiff is how the rows of a collection differ, as JSON.
type collectionDiff struct {
	Name    string         `json:"name"`
	Same    int            `json:"same"`
	Added   int            `json:"added"`
	Removed int            `json:"removed"`
	Changed int            `json:"changed"`
	Fields  map[string]int `json:"fields,omitempty"`
	Samples []rowDiff      `json:"samples,omitempty"`
}

// rowDiff is a row that differs, as JSON. The rows in it are texts: a row that the code can't read
// may be none.
type rowDiff struct {
	Key        string   `json:"key"`
	Live       string   `json:"live,omitempty"`
	Rebuilt    string   `json:"rebuilt,omitempty"`
	Fields     []string `json:"fields,omitempty"`
	Unreadable string   `json:"unreadable,omitempty"`
}

// diffOf returns a diff as JSON has it.
func diffOf(d *brook.Diff) []collectionDiff {
	all := []collectionDiff{}
	for _, c := range d.Collections {
		at := collectionDiff{Name: c.Name, Same: c.Same, Added: c.Added, Removed: c.Removed,
			Changed: c.Changed, Fields: c.Fields}
		for _, row := range c.Samples {
			at.Samples = append(at.Samples, rowDiff(row))
		}
		all = append(all, at)
	}
	return all
}
