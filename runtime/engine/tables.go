package engine

import (
	"context"
	"slices"
	"strconv"

	brook "github.com/brookgen/brookgen/runtime"
)

// generationTable gives the name in the store of a generation's table.
func (c *catalog) generationTable(number int, name string) string {
	return tableName(c.config, strconv.Itoa(number)+"/"+name)
}

// forgotten opens the tables of a generation that the code does not know any more.
func (c *catalog) forgotten(ctx context.Context, number int) ([]brook.Table, error) {
	known := c.code.TableNames()
	v, err := c.gate.RLock(ctx)
	if err != nil {
		return nil, err
	}
	names := c.state.Tables[number] // never changed in place
	c.gate.Leave(v)
	var tables []brook.Table
	for _, name := range names {
		if slices.Contains(known, name) {
			continue
		}
		t, err := c.store.Table(ctx, brook.TableSpec{Name: c.generationTable(number, name)})
		if err != nil {
			return nil, err
		}
		tables = append(tables, t)
	}
	return tables, nil
}
