package catalog

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

// Generation is one set of views with all that has to stand or fall with them. A rebuild makes the next one.
type Generation struct {
	Number    int
	Tables    []brook.Table // by slot
	Positions brook.Table
	Letters   brook.Table
	Folded    brook.Table
	Window    brook.Table
	Dropped   brook.Table // which letters were dropped
	Owed      brook.Table // emissions that a rebuild owes for letters of the views before
	Shapes    *shapes
	pins      *holds.Pins          // of those who read it while it is live, and longer
	Kept      map[string]KeptIndex // what tables and unready go by
	Unready   []bool               // by slot: an index that does not have the entries of all rows
}

// Open reads the state, and makes it where the store is new.
func (c *Catalog) Open(ctx context.Context) error {
	var err error
	if c.Meta, err = c.Store.Table(ctx, brook.TableSpec{Name: TableName(c.config, "state")}); err != nil {
		return err
	}
	if n := c.held.name; n != nil {
		n.Opening.Lock()
		defer n.Opening.Unlock()
	}
	c.State, err = c.ReadState(ctx)
	if errors.Is(err, brook.ErrNotFound) {
		err = c.Update(ctx, func(next *State) error {
			if next.raw != nil {
				return ErrUnchanged // another process made it meanwhile
			}
			*next = State{Layout: layoutVersion, Generation: 1} // the rest comes with the first commit
			return nil
		}, nil)
	}
	return err
}

// openGeneration makes the tables of generation number known to the store.
func (c *Catalog) openGeneration(ctx context.Context, number int) (*Generation, error) {
	g := &Generation{Number: number, Tables: make([]brook.Table, c.code.Layout.Slots), Shapes: &shapes{}, pins: c.pinsOf(number)}
	name := func(parts string) string { return c.generationTable(number, parts) }
	var errs []error
	table := func(spec brook.TableSpec) brook.Table {
		t, err := c.Store.Table(ctx, spec)
		if err != nil {
			errs = append(errs, fmt.Errorf("brook: table %s: %w", spec.Name, err))
		}
		return t
	}
	for ord, info := range c.code.Layout.Collections {
		g.Tables[c.code.Layout.Rows[ord]] = table(brook.TableSpec{Name: name(plan.RowsTable(info.Name)), Codec: c.collections[ord].Codec(g.Shapes.of(info)), Keep: c.keep})
		for x, index := range info.Indexes {
			g.Tables[c.code.Layout.Index[ord][x]] = table(brook.TableSpec{Name: name(plan.IndexTable(info.Name, index.Field))})
		}
	}
	g.Unready = make([]bool, c.code.Layout.Slots)
	g.Positions = table(brook.TableSpec{Name: name("positions")})
	g.Letters = table(brook.TableSpec{Name: name("letters")})
	g.Folded = table(brook.TableSpec{Name: name("folded")})
	g.Window = table(brook.TableSpec{Name: name("window")})
	g.Dropped = table(brook.TableSpec{Name: name("dropped")})
	g.Owed = table(brook.TableSpec{Name: name("owed")})
	g.Shapes.table = table(brook.TableSpec{Name: name("shapes")})
	if err := errors.Join(errs...); err != nil {
		return g, err
	}
	g.Shapes.again = func() error {
		ctx, cancel := context.WithTimeout(c.ctx, c.config.ShutdownTimeout)
		defer cancel()
		return c.ReadShapes(ctx, g.Shapes)
	}
	return g, c.ReadShapes(ctx, g.Shapes)
}

// OpenLive opens the live generation that the state names, with the indexes that it has. Where was is that very generation but for
// them, it goes on.
func (c *Catalog) OpenLive(ctx context.Context, s *State, was *Generation) (g *Generation, err error) {
	if was != nil && was.Number == s.Generation {
		if maps.Equal(was.Kept, s.Kept) {
			return was, nil
		}
		next := *was
		next.Tables, next.Unready, g = slices.Clone(was.Tables), make([]bool, c.code.Layout.Slots), &next
	} else if g, err = c.openGeneration(ctx, s.Generation); err != nil {
		return nil, err
	}
	g.Kept = s.Kept
	for ord, info := range c.code.Layout.Collections {
		for x, index := range info.Indexes {
			slot := c.code.Layout.Index[ord][x]
			kept, ok := s.Kept[info.EntriesName(index)]
			g.Unready[slot] = s.Folds != "" && !kept.Whole
			if !ok {
				continue
			}
			if g.Tables[slot], err = c.Store.Table(ctx, brook.TableSpec{Name: c.generationTable(g.Number, kept.Table)}); err != nil {
				return nil, fmt.Errorf("brook: table %s: %w", kept.Table, err)
			}
		}
	}
	return g, nil
}

// drop removes all rows of a generation.
func (c *Catalog) drop(ctx context.Context, g *Generation) error {
	tables := append([]brook.Table{g.Positions, g.Letters, g.Folded, g.Window, g.Dropped, g.Owed}, g.Tables...)
	gone, err := c.forgotten(ctx, g.Number)
	if err != nil {
		return err
	}
	for _, t := range append(tables, gone...) {
		if err := c.empty(ctx, t); err != nil {
			return err
		}
	}
	return c.empty(ctx, g.Shapes.table) // last, as rows can't be read without
}

// empty removes all rows of a table.
func (c *Catalog) empty(ctx context.Context, t brook.Table) error {
	if d, ok := c.Store.(brook.Dropper); ok {
		return d.Drop(ctx, t)
	}
	for {
		var writes []brook.Write
		for row, err := range c.Reader.Scan(ctx, t, nil, nil) {
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
		if err := c.Store.Commit(ctx, &brook.Batch{Writes: writes}); err != nil {
			return err
		}
	}
}

// Standings reads how far a generation has come.
func (c *Catalog) Standings(ctx context.Context, r brook.Reader, g *Generation) (map[partition.ID]partition.Stored, error) {
	all := map[partition.ID]partition.Stored{}
	for row, err := range r.Scan(ctx, g.Positions, nil, nil) {
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

// Show makes g the live generation, and has what is announced of it heard.
func (c *Catalog) Show(g *Generation) {
	if old := c.Live.Swap(g); old != nil {
		c.Leftovers.replaced(old)
		c.on.Shown(true)
		return
	}
	c.on.Shown(false)
}
