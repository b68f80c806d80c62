package engine

import (
	"context"
	"slices"
	"strconv"

	brook "github.com/brookgen/brookgen/runtime"
)

// generationTable gives the name in the store of a generation's table.
func (a *App) generationTable(number int, name string) string {
	return tableName(&a.config, strconv.Itoa(number)+"/"+name)
}

// forgotten opens the tables of a generation that the code does not know any more.
func (a *App) forgotten(ctx context.Context, number int) ([]brook.Table, error) {
	known := a.code.TableNames()
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
