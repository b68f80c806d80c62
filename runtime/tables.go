package brook

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

func rowsTable(collection string) string { return "rows/" + url.PathEscape(collection) }

func indexTable(collection, field string) string {
	return "index/" + url.PathEscape(collection) + "/" + field
}

// generationTable gives the name in the store of a generation's table.
func (a *App) generationTable(number int, name string) string {
	return a.config.table(strconv.Itoa(number) + "/" + name)
}

// tableNames names the tables of rows and indexes that the code has.
func (a *App) tableNames() []string {
	var names []string
	for _, c := range a.layout.collections {
		names = append(names, rowsTable(c.name))
		for _, x := range c.indexes {
			names = append(names, indexTable(c.name, x.field))
		}
	}
	slices.Sort(names)
	return names
}

// recordTables notes the tables that the code adds to the live generation, before anything is written into them. A state of layout 1, which
// did not say what there is, becomes one of now.
func (a *App) recordTables(ctx context.Context) error {
	return a.updateState(ctx, func(next *state) error {
		numbers, names := []int{next.Generation}, append(a.tableNames(), next.Tables[next.Generation]...)
		if next.Layout == 1 {
			numbers, names = append(numbers, next.Dropped...), append(names, next.tablesOfLayout1()...)
			if next.Building != 0 {
				numbers = append(numbers, next.Building)
			}
		}
		slices.Sort(names)
		names = slices.Compact(names)
		if next.Layout == layoutVersion && slices.Equal(names, next.Tables[next.Generation]) {
			return errAsIs
		}
		next.Layout = layoutVersion
		for _, number := range numbers {
			next.Tables[number] = names
		}
		return nil
	}, nil)
}

// tablesOfLayout1 works out which tables the live generation has: layout 1 did not say it.
func (s *state) tablesOfLayout1() (names []string) {
	for _, line := range s.Fingerprint {
		if collection, ok := strings.CutPrefix(line, "collection "); ok {
			name, _, _ := strings.Cut(collection, " ")
			names = append(names, rowsTable(name))
		}
	}
	for _, index := range s.Indexes {
		if parts := strings.Fields(index); len(parts) > 1 {
			names = append(names, indexTable(parts[0], parts[1]))
		}
	}
	return names
}

// forgotten opens the tables of a generation that the code does not know any more.
func (a *App) forgotten(ctx context.Context, number int) ([]Table, error) {
	known := a.tableNames()
	a.gate.RLock()
	names := a.state.Tables[number] // never changed in place
	a.gate.RUnlock()
	var tables []Table
	for _, name := range names {
		if slices.Contains(known, name) {
			continue
		}
		t, err := a.store.Table(ctx, TableSpec{Name: a.generationTable(number, name)})
		if err != nil {
			return nil, err
		}
		tables = append(tables, t)
	}
	return tables, nil
}
