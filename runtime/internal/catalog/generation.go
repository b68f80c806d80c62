package catalog

import (
	"context"
	"errors"
	"maps"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/holds"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/shapes"
	"github.com/brookgen/brookgen/runtime/internal/staterow"
)

// Generation is one set of views, with all that stands or falls with them. A rebuild makes the next
// one. It does not change once it is open.
type Generation struct {
	Number    int
	Tables    []brook.Table // of rows and indexes, by slot
	Positions brook.Table
	Letters   brook.Table
	Folded    brook.Table // highest emissions folded
	Window    brook.Table // IDs that DropRepeats remembers
	Dropped   brook.Table // events whose letters were dropped
	Owed      brook.Table // emissions owed for letters of the generation before
	Unready   []bool      // by slot: an index that lacks entries of rows

	shapes *shapes.Shapes
	pins   *holds.Pins                   // reads under way, of all apps of the name in this process
	kept   map[string]staterow.KeptIndex // indexes that Tables and Unready have
}

// openGeneration opens the tables of a generation, with the indexes that the code has.
func (c *Catalog) openGeneration(ctx context.Context, number int) (*Generation, error) {
	layout := c.code.Layout
	g := &Generation{
		Number: number, Tables: make([]brook.Table, layout.Slots),
		Unready: make([]bool, layout.Slots),
		shapes:  shapes.New(c.config.Name, c.reader, layout.Collections), pins: c.hold.PinsOf(number),
	}
	var errs []error
	table := func(spec brook.TableSpec) brook.Table {
		t, err := c.table(ctx, number, spec)
		errs = append(errs, err)
		return t
	}
	for ord, info := range layout.Collections {
		g.Tables[layout.Rows[ord]] = table(brook.TableSpec{
			Name:  plan.RowsTable(info.Name),
			Codec: c.collections[ord].Codec(g.shapes.Of(info)),
			Keep:  c.keep,
		})
		for x, index := range info.Indexes {
			name := plan.IndexTable(info.Name, index.Field)
			g.Tables[layout.Index[ord][x]] = table(brook.TableSpec{Name: name})
		}
	}
	g.Positions = table(brook.TableSpec{Name: "positions"})
	g.Letters = table(brook.TableSpec{Name: "letters"})
	g.Folded = table(brook.TableSpec{Name: "folded"})
	g.Window = table(brook.TableSpec{Name: "window"})
	g.Dropped = table(brook.TableSpec{Name: "dropped"})
	g.Owed = table(brook.TableSpec{Name: "owed"})
	g.shapes.Table = table(brook.TableSpec{Name: "shapes"})
	if err := errors.Join(errs...); err != nil {
		return g, err
	}
	g.shapes.Reread = func() error {
		ctx, cancel := context.WithTimeout(c.life.Context(), c.config.ShutdownTimeout)
		defer cancel()
		return g.shapes.Read(ctx)
	}
	return g, g.shapes.Read(ctx)
}

// openLive opens the live generation that a state names, with the indexes that it has. It returns
// was if that is the one, or a copy of it if only its indexes are others.
func (c *Catalog) openLive(ctx context.Context, s *staterow.State, was *Generation) (*Generation, error) {
	if was != nil && was.Number == s.Generation {
		if maps.Equal(was.kept, s.Kept) {
			return was, nil
		}
		return c.withIndexes(ctx, was, s)
	}
	g, err := c.openGeneration(ctx, s.Generation)
	if err != nil {
		return nil, err
	}
	return c.withIndexes(ctx, g, s)
}

// show makes g the live generation. It notes the one that it replaces, which may still be read, and
// has the app listen to what is announced of g.
func (c *Catalog) show(g *Generation) {
	old := c.live.Swap(g)
	if old != nil {
		c.obsolete.replaced(old)
	}
	c.on.Shown(old != nil)
}

// Standings reads the stored positions of a generation.
func (c *Catalog) Standings(ctx context.Context, r brook.Reader,
	g *Generation) (map[partition.ID]partition.Stored, error) {
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
