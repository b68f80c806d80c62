package catalog

import (
	"context"
	"net/url"
	"slices"
	"strconv"

	brook "github.com/brookgen/brookgen/runtime"
)

// TableName returns the name of one of the app's tables in the store.
func TableName(c *brook.Config, name string) string { return url.PathEscape(c.Name) + "/" + name }

// generationTable gives the name in the store of a generation's table.
func (c *Catalog) generationTable(number int, name string) string {
	return TableName(c.config, strconv.Itoa(number)+"/"+name)
}

// forgotten opens the tables of a generation that the code does not know any more.
func (c *Catalog) forgotten(ctx context.Context, number int) ([]brook.Table, error) {
	known := c.code.TableNames()
	v, err := c.Gate.RLock(ctx)
	if err != nil {
		return nil, err
	}
	names := c.State.Tables[number] // never changed in place
	c.Gate.Leave(v)
	var tables []brook.Table
	for _, name := range names {
		if slices.Contains(known, name) {
			continue
		}
		t, err := c.Store.Table(ctx, brook.TableSpec{Name: c.generationTable(number, name)})
		if err != nil {
			return nil, err
		}
		tables = append(tables, t)
	}
	return tables, nil
}
