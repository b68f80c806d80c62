package generation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/holds"
	"github.com/brookgen/brookgen/runtime/internal/lifetime"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/shapes"
	"github.com/brookgen/brookgen/runtime/internal/staterow"
)

// owedJobs is the table of jobs owed.
const owedJobs = "owedjobs"

// Opener opens the tables of generations, and empties them. It is safe for concurrent use.
type Opener struct {
	Config      *brook.Config // with defaults
	Code        *plan.Code
	Collections []*brook.Collection
	Reader      brook.Reader // of the latest commit
	Life        *lifetime.App
	Pins        func(number int) *holds.Pins // of a generation
}

// Open opens the tables of a generation, with the indexes that the code has. With an error it
// returns a generation that has its number.
func (o *Opener) Open(ctx context.Context, number int) (*Generation, error) {
	layout := o.Code.Layout
	g := &Generation{
		Number: number, Tables: make([]brook.Table, layout.Slots),
		Unready: make([]bool, layout.Slots),
		Shapes:  shapes.New(o.Config.Name, o.Reader, layout.Collections), pins: o.Pins(number),
	}
	keep := o.kept()
	var errs []error
	table := func(spec brook.TableSpec) brook.Table {
		t, err := o.table(ctx, number, spec)
		errs = append(errs, err)
		return t
	}
	for ord, info := range layout.Collections {
		g.Tables[layout.Rows[ord]] = table(brook.TableSpec{
			Name:  plan.RowsTable(info.Name),
			Codec: o.Collections[ord].Codec(g.Shapes.Of(info)),
			Keep:  keep,
		})
		for x, index := range info.Indexes {
			name := plan.IndexTable(info.Name, index.Field)
			g.Tables[layout.Index[ord][x]] = table(brook.TableSpec{Name: name})
		}
	}
	if layout.Timed {
		g.Tables[layout.Timers] = table(brook.TableSpec{Name: plan.TimersTable})
		g.Tables[layout.Due] = table(brook.TableSpec{Name: plan.DueTable})
	}
	g.Positions = table(brook.TableSpec{Name: "positions"})
	g.Letters = table(brook.TableSpec{Name: "letters"})
	g.Parked = table(brook.TableSpec{Name: "parked"})
	g.Folded = table(brook.TableSpec{Name: "folded"})
	g.Window = table(brook.TableSpec{Name: "window"})
	g.Dropped = table(brook.TableSpec{Name: "dropped"})
	g.Owed = table(brook.TableSpec{Name: "owed"})
	if o.Code.Works {
		g.OwedJobs = table(brook.TableSpec{Name: owedJobs})
	}
	g.Shapes.Table = table(brook.TableSpec{Name: "shapes"})
	if err := errors.Join(errs...); err != nil {
		return g, err
	}
	g.Shapes.Reread = func() error {
		ctx, cancel := context.WithTimeout(o.Life.Context(), o.Config.ShutdownTimeout)
		defer cancel()
		return g.Shapes.Read(ctx)
	}
	return g, g.Shapes.Read(ctx)
}

// kept returns how many history entries are kept, by event type; no entry: all.
func (o *Opener) kept() map[string]int {
	keep := map[string]int{}
	for typ, info := range o.Code.Events {
		if info.History != brook.KeepAll {
			keep[typ] = info.History
			for _, was := range info.Was {
				keep[was] = info.History
			}
		}
	}
	return keep
}

// OpenLive opens the live generation that a state names, with the indexes that it has. It returns
// was if that is the one, or a copy of it if only its indexes are others; was may be nil.
func (o *Opener) OpenLive(ctx context.Context, s *staterow.State,
	was *Generation) (*Generation, error) {
	if was != nil && was.Number == s.Generation {
		if maps.Equal(was.kept, s.Kept) {
			return was, nil
		}
		return o.withIndexes(ctx, was, s)
	}
	g, err := o.Open(ctx, s.Generation)
	if err != nil {
		return nil, err
	}
	return o.withIndexes(ctx, g, s)
}

// withIndexes returns a copy of g that has the indexes that a state names. An index that the state
// does not have, or that is not whole, is not ready.
func (o *Opener) withIndexes(ctx context.Context, g *Generation,
	s *staterow.State) (*Generation, error) {
	next := *g
	next.Tables, next.Unready = slices.Clone(g.Tables), make([]bool, o.Code.Layout.Slots)
	next.kept = s.Kept
	for ord, info := range o.Code.Layout.Collections {
		for x, index := range info.Indexes {
			slot := o.Code.Layout.Index[ord][x]
			kept, ok := s.Kept[info.EntriesName(index)]
			next.Unready[slot] = s.Folds != "" && !kept.Whole
			if !ok {
				continue
			}
			t, err := o.table(ctx, g.Number, brook.TableSpec{Name: kept.Table})
			if err != nil {
				return nil, err
			}
			next.Tables[slot] = t
		}
	}
	return &next, nil
}

// Encoded opens the rows of a generation, by ordinal of the collection, so that a store of bytes
// returns values as it has them: the number of their shape and what package pack made of them.
func (o *Opener) Encoded(ctx context.Context, number int) (tables []brook.Table, err error) {
	for _, info := range o.Code.Layout.Collections {
		t, err := o.table(ctx, number, brook.TableSpec{Name: plan.RowsTable(info.Name)})
		if err != nil {
			return nil, err
		}
		tables = append(tables, t)
	}
	return tables, nil
}

// table opens a table of a generation; spec names it without the generation.
func (o *Opener) table(ctx context.Context, number int,
	spec brook.TableSpec) (brook.Table, error) {
	spec.Name = plan.TableName(o.Config.Name, strconv.Itoa(number)+"/"+spec.Name)
	t, err := o.Config.Store.Table(ctx, spec)
	if err != nil {
		return nil, fmt.Errorf("brook: table %s: %w", spec.Name, err)
	}
	return t, nil
}

// Empty removes all rows of a generation: those of its own tables, and of tables that the state
// names and the code does not know.
func (o *Opener) Empty(ctx context.Context, g *Generation, named []string) error {
	tables := append([]brook.Table{
		g.Positions, g.Letters, g.Parked, g.Folded, g.Window, g.Dropped, g.Owed,
	}, g.Tables...)
	if g.OwedJobs == nil {
		named = append(slices.Clip(named), owedJobs) // other code may have had jobs
	} else {
		tables = append(tables, g.OwedJobs)
	}
	known := o.Code.TableNames()
	for _, name := range named {
		if slices.Contains(known, name) {
			continue
		}
		t, err := o.table(ctx, g.Number, brook.TableSpec{Name: name})
		if err != nil {
			return err
		}
		tables = append(tables, t)
	}
	tables = append(tables, g.Shapes.Table) // last, as rows can't be read without
	for _, t := range tables {
		if err := o.empty(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// empty removes all rows of a table.
func (o *Opener) empty(ctx context.Context, t brook.Table) error {
	store := o.Config.Store
	if d, ok := store.(brook.Dropper); ok {
		return d.Drop(ctx, t)
	}
	for {
		var writes []brook.Write
		for row, err := range o.Reader.Scan(ctx, t, nil, nil) {
			if err != nil {
				return err
			}
			key := slices.Clone(row.Key)
			writes = append(writes, brook.Write{Table: t, Key: key, Op: brook.Remove})
			if len(writes) == o.Config.BatchSize {
				break
			}
		}
		if len(writes) == 0 {
			return nil
		}
		if err := store.Commit(ctx, &brook.Batch{Writes: writes}); err != nil {
			return err
		}
	}
}
