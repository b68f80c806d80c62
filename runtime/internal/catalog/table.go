package catalog

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"

	brook "github.com/brookgen/brookgen/runtime"
)

// TableName returns the name of one of the app's tables in the store.
func TableName(c *brook.Config, name string) string { return url.PathEscape(c.Name) + "/" + name }

// openState opens the table of the state and reads it, or creates it in a new store: one app of the
// name at a time.
func (c *Catalog) openState(ctx context.Context) (err error) {
	spec := brook.TableSpec{Name: TableName(c.config, "state")}
	if c.meta, err = c.store.Table(ctx, spec); err != nil {
		return err
	}
	if n := c.held.name; n != nil {
		n.Opening.Lock()
		defer n.Opening.Unlock()
	}
	c.state, err = c.readState(ctx)
	if !errors.Is(err, brook.ErrNotFound) {
		return err
	}
	return c.update(ctx, func(next *state) error {
		if next.raw != nil {
			return errUnchanged // another process created it meanwhile
		}
		// The first commit brings the rest.
		*next = state{Layout: layoutVersion, Generation: 1}
		return nil
	}, nil)
}

// table opens a table of a generation; spec names it without the generation.
func (c *Catalog) table(ctx context.Context, number int,
	spec brook.TableSpec) (brook.Table, error) {
	spec.Name = TableName(c.config, strconv.Itoa(number)+"/"+spec.Name)
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
	v, err := c.lock.RLock(ctx)
	if err != nil {
		return nil, err
	}
	names := c.state.Tables[number] // never changed in place
	c.lock.Leave(v)
	var tables []brook.Table
	for _, name := range names {
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
