package brook

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// DiffSamples is how many rows a [CollectionDiff] shows of each kind.
const DiffSamples = 10

// Diff is how rebuilt views differ from the live ones, at one instant at which both stood at the
// same positions of the log. It is the caller's own.
type Diff struct {
	// Collections has the collections of the code in the order of their declaration, those that do
	// not differ too.
	Collections []CollectionDiff
	// Report is what the rebuild came to so far: dead letters that the live views don't have, and
	// how much of the log was read. Promoted is not set.
	Report RebuildReport
}

// CollectionDiff is how the rows of one collection differ. Histories are not compared.
type CollectionDiff struct {
	Name    string
	Same    int // rows that are equal
	Added   int // rows that only the rebuilt views have
	Removed int // rows that only the live views have
	Changed int // rows that both have and that differ, or that the code can't read in the live views
	// Fields counts the changed rows by the fields in which they differ: paths of wire names, such
	// as total and address.street. A row that the code can't read in the live views, and one that
	// differs as a whole, counts under "".
	Fields map[string]int
	// Samples are rows that differ, the first ones by key: at most DiffSamples of each kind.
	Samples []RowDiff
}

// RowDiff is one row that differs. What the collection declares to be pii is masked in it; a row
// that the code can't read is masked as a whole then.
type RowDiff struct {
	Key           string   // as text, a string in quotes
	Live, Rebuilt string   // the row in JSON, "" if there is none
	Fields        []string // in which they differ, if both have the row
	// Unreadable says why the code can't read the row in the live views; "" if it can. Live is the
	// row as it was written then.
	Unreadable string
}

// Equal reports whether no row differs.
func (d Diff) Equal() bool {
	return !slices.ContainsFunc(d.Collections, func(c CollectionDiff) bool { return !c.Equal() })
}

// Equal reports whether no row of the collection differs.
func (c CollectionDiff) Equal() bool { return c.Added+c.Removed+c.Changed == 0 }

// String returns the differences for people, a line for each collection that differs and one for
// each sample; "the views are equal" if none does.
func (d Diff) String() string {
	if d.Equal() {
		return "the views are equal"
	}
	var lines []string
	for _, c := range d.Collections {
		if c.Equal() {
			continue
		}
		lines = append(lines, c.String())
		for _, row := range c.Samples {
			lines = append(lines, "  "+row.String())
		}
	}
	return strings.Join(lines, "\n")
}

// String returns the counts in one line, with the fields that differ most often first.
func (c CollectionDiff) String() string {
	line := fmt.Sprintf("%s: %d added, %d removed, %d changed, %d equal",
		c.Name, c.Added, c.Removed, c.Changed, c.Same)
	fields := slices.SortedFunc(maps.Keys(c.Fields), func(a, b string) int {
		return cmp.Or(cmp.Compare(c.Fields[b], c.Fields[a]), cmp.Compare(a, b))
	})
	for i, f := range fields {
		separator := ", "
		if i == 0 {
			separator = "; changed "
		}
		line += fmt.Sprintf("%s%s in %d", separator, cmp.Or(f, "the whole"), c.Fields[f])
	}
	return line
}

// String returns the row in the live and in the rebuilt views, in one line.
func (r RowDiff) String() string {
	line := fmt.Sprintf("%s: %s → %s",
		r.Key, cmp.Or(r.Live, "no row"), cmp.Or(r.Rebuilt, "no row"))
	if r.Unreadable != "" {
		line += " (" + r.Unreadable + ")"
	}
	return line
}

// Review makes a rebuild call review before it promotes the rebuilt views, with how they differ
// from the live ones. If review returns an error, the live views stay and the rebuild ends with it;
// else the rebuild catches up with what came meanwhile, and promotes. Folding goes on while the
// rows are compared and review runs. Review is called once; it may read the app's views, which are
// the live ones, and must not wait for another rebuild.
//
// The store must be one of this process, as the map store and Badger are: if several processes
// write it, as with Redis, the rebuild ends with an error that wraps [errors.ErrUnsupported].
func Review(review func(Diff) error) RebuildOption {
	return rebuildOption(func(o *RebuildOptions) { o.Review = review })
}
