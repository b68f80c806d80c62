package engine

import (
	"context"
	"net/url"
	"slices"
	"strconv"

	brook "github.com/brookgen/brookgen/runtime"
)

func rowsTable(collection string) string { return "rows/" + url.PathEscape(collection) }

func indexTable(collection, field string) string {
	return "index/" + url.PathEscape(collection) + "/" + field
}

// generationTable gives the name in the store of a generation's table.
func (a *App) generationTable(number int, name string) string {
	return tableName(&a.config, strconv.Itoa(number)+"/"+name)
}

// tableNames names the tables of rows and indexes that the code has.
func (a *App) tableNames() []string {
	var names []string
	for _, c := range a.layout.Collections {
		names = append(names, rowsTable(c.Name))
		for _, x := range c.Indexes {
			names = append(names, indexTable(c.Name, x.Field))
		}
	}
	return sorted(names)
}

// sorted sorts names, each once.
func sorted(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

// forgotten opens the tables of a generation that the code does not know any more.
func (a *App) forgotten(ctx context.Context, number int) ([]brook.Table, error) {
	known := a.tableNames()
	v, err := a.gate.RLock(ctx)
	if err != nil {
		return nil, err
	}
	names := a.state.Tables[number] // never changed in place
	a.gate.Leave(v)
	var tables []brook.Table
	for _, name := range names {
		if slices.Contains(known, name) {
			continue
		}
		t, err := a.store.Table(ctx, brook.TableSpec{Name: a.generationTable(number, name)})
		if err != nil {
			return nil, err
		}
		tables = append(tables, t)
	}
	return tables, nil
}
