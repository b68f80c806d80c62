package catalog

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/plan"
)

// table opens a table of a generation; spec names it without the generation.
func (c *Catalog) table(ctx context.Context, number int,
	spec brook.TableSpec) (brook.Table, error) {
	spec.Name = plan.TableName(c.config.Name, strconv.Itoa(number)+"/"+spec.Name)
	t, err := c.store.Table(ctx, spec)
	if err != nil {
		return nil, fmt.Errorf("brook: table %s: %w", spec.Name, err)
	}
	return t, nil
}

// unknownTables opens the tables of a generation that the state names and the code does not know.
// The caller does not hold the quiesce lock.
func (c *Catalog) unknownTables(ctx context.Context, number int) ([]brook.Table, error) {
	known := c.code.TableNames()
	s, err := c.row.Visit(ctx)
	if err != nil {
		return nil, err
	}
	var tables []brook.Table
	for _, name := range s.Tables[number] {
		if slices.Contains(known, name) {
			continue
		}
		t, err := c.table(ctx, number, brook.TableSpec{Name: name})
		if err != nil {
			return nil, err
		}
		tables = append(tables, t)
	}
	return tables, nil
}

// drop removes all rows of a generation. The caller does not hold the quiesce lock.
func (c *Catalog) drop(ctx context.Context, g *Generation) error {
	tables := []brook.Table{g.Positions, g.Letters, g.Folded, g.Window, g.Dropped, g.Owed}
	unknown, err := c.unknownTables(ctx, g.Number)
	if err != nil {
		return err
	}
	for _, t := range slices.Concat(tables, g.Tables, unknown) {
		if err := c.empty(ctx, t); err != nil {
			return err
		}
	}
	return c.empty(ctx, g.shapes.Table) // last, as rows can't be read without
}

// empty removes all rows of a table.
func (c *Catalog) empty(ctx context.Context, t brook.Table) error {
	if d, ok := c.store.(brook.Dropper); ok {
		return d.Drop(ctx, t)
	}
	for {
		var writes []brook.Write
		for row, err := range c.reader.Scan(ctx, t, nil, nil) {
			if err != nil {
				return err
			}
			key := slices.Clone(row.Key)
			writes = append(writes, brook.Write{Table: t, Key: key, Op: brook.Remove})
			if len(writes) == c.config.BatchSize {
				break
			}
		}
		if len(writes) == 0 {
			return nil
		}
		if err := c.store.Commit(ctx, &brook.Batch{Writes: writes}); err != nil {
			return err
		}
	}
}
