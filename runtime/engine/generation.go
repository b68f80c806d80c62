package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/holds"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/plan"
)

// generation is one set of views with all that has to stand or fall with them. A rebuild makes the next one.
type generation struct {
	number    int
	tables    []brook.Table // by slot
	positions brook.Table
	letters   brook.Table
	folded    brook.Table
	window    brook.Table
	dropped   brook.Table // which letters were dropped
	owed      brook.Table // emissions that a rebuild owes for letters of the views before
	shapes    *shapes
	pins      *holds.Pins          // of those who read it while it is live, and longer
	kept      map[string]keptIndex // what tables and unready go by
	unready   []bool               // by slot: an index that does not have the entries of all rows
}

// openMeta reads the state, and makes it where the store is new.
func (c *catalog) openMeta(ctx context.Context) error {
	var err error
	if c.meta, err = c.store.Table(ctx, brook.TableSpec{Name: tableName(c.config, "state")}); err != nil {
		return err
	}
	if n := c.held.name; n != nil {
		n.Opening.Lock()
		defer n.Opening.Unlock()
	}
	c.state, err = c.readState(ctx)
	if errors.Is(err, brook.ErrNotFound) {
		err = c.updateState(ctx, func(next *state) error {
			if next.raw != nil {
				return errAsIs // another process made it meanwhile
			}
			*next = state{Layout: layoutVersion, Generation: 1} // the rest comes with the first commit
			return nil
		}, nil)
	}
	return err
}

// open makes the tables of generation number known to the store.
func (c *catalog) open(ctx context.Context, number int) (*generation, error) {
	g := &generation{number: number, tables: make([]brook.Table, c.code.Layout.Slots), shapes: &shapes{}, pins: c.pinsOf(number)}
	name := func(parts string) string { return c.generationTable(number, parts) }
	var errs []error
	table := func(spec brook.TableSpec) brook.Table {
		t, err := c.store.Table(ctx, spec)
		if err != nil {
			errs = append(errs, fmt.Errorf("brook: table %s: %w", spec.Name, err))
		}
		return t
	}
	for ord, info := range c.code.Layout.Collections {
		g.tables[c.code.Layout.Rows[ord]] = table(brook.TableSpec{Name: name(plan.RowsTable(info.Name)), Codec: c.collections[ord].Codec(g.shapes.of(info)), Keep: c.keep})
		for x, index := range info.Indexes {
			g.tables[c.code.Layout.Index[ord][x]] = table(brook.TableSpec{Name: name(plan.IndexTable(info.Name, index.Field))})
		}
	}
	g.unready = make([]bool, c.code.Layout.Slots)
	g.positions = table(brook.TableSpec{Name: name("positions")})
	g.letters = table(brook.TableSpec{Name: name("letters")})
	g.folded = table(brook.TableSpec{Name: name("folded")})
	g.window = table(brook.TableSpec{Name: name("window")})
	g.dropped = table(brook.TableSpec{Name: name("dropped")})
	g.owed = table(brook.TableSpec{Name: name("owed")})
	g.shapes.table = table(brook.TableSpec{Name: name("shapes")})
	if err := errors.Join(errs...); err != nil {
		return g, err
	}
	g.shapes.again = func() error {
		ctx, cancel := context.WithTimeout(c.ctx, c.config.ShutdownTimeout)
		defer cancel()
		return c.readShapes(ctx, g.shapes)
	}
	return g, c.readShapes(ctx, g.shapes)
}

// openLive opens the live generation that the state names, with the indexes that it has. Where was is that very generation but for
// them, it goes on.
func (c *catalog) openLive(ctx context.Context, s *state, was *generation) (g *generation, err error) {
	if was != nil && was.number == s.Generation {
		if maps.Equal(was.kept, s.Kept) {
			return was, nil
		}
		next := *was
		next.tables, next.unready, g = slices.Clone(was.tables), make([]bool, c.code.Layout.Slots), &next
	} else if g, err = c.open(ctx, s.Generation); err != nil {
		return nil, err
	}
	g.kept = s.Kept
	for ord, info := range c.code.Layout.Collections {
		for x, index := range info.Indexes {
			slot := c.code.Layout.Index[ord][x]
			kept, ok := s.Kept[info.EntriesName(index)]
			g.unready[slot] = s.Folds != "" && !kept.Whole
			if !ok {
				continue
			}
			if g.tables[slot], err = c.store.Table(ctx, brook.TableSpec{Name: c.generationTable(g.number, kept.Table)}); err != nil {
				return nil, fmt.Errorf("brook: table %s: %w", kept.Table, err)
			}
		}
	}
	return g, nil
}

// drop removes all rows of a generation.
func (c *catalog) drop(ctx context.Context, g *generation) error {
	tables := append([]brook.Table{g.positions, g.letters, g.folded, g.window, g.dropped, g.owed}, g.tables...)
	gone, err := c.forgotten(ctx, g.number)
	if err != nil {
		return err
	}
	for _, t := range append(tables, gone...) {
		if err := c.empty(ctx, t); err != nil {
			return err
		}
	}
	return c.empty(ctx, g.shapes.table) // last, as rows can't be read without
}

// empty removes all rows of a table.
func (c *catalog) empty(ctx context.Context, t brook.Table) error {
	if d, ok := c.store.(brook.Dropper); ok {
		return d.Drop(ctx, t)
	}
	for {
		var writes []brook.Write
		for row, err := range c.reader.Scan(ctx, t, nil, nil) {
			if err != nil {
				return err
			}
			writes = append(writes, brook.Write{Table: t, Key: append([]byte(nil), row.Key...), Op: brook.Remove})
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

// standings reads how far a generation has come.
func (c *catalog) standings(ctx context.Context, r brook.Reader, g *generation) (map[partition.ID]partition.Stored, error) {
	all := map[partition.ID]partition.Stored{}
	for row, err := range r.Scan(ctx, g.positions, nil, nil) {
		if err != nil {
			return nil, err
		}
		id, s, err := partition.Decode(row.Key, row.Value.Data.([]byte))
		if err != nil {
			return nil, err
		}
		all[id] = s
	}
	return all, nil
}
