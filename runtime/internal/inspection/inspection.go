// Package inspection shows what an app consists of and holds to who does not know its Go types: it
// reads rows, letters and what waits from the store, and makes of them what package inspect has
// names for.
//
// Any goroutine may use an Inspection. It takes no lock and holds up nobody: a call reads the live
// generation, which is not removed meanwhile, at one instant if the store is this process's alone.
// It changes nothing.
package inspection

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync/atomic"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/inspect"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/lifetime"
	"github.com/brookgen/brookgen/runtime/internal/masking"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// Inspection reads what an app holds. It is safe for concurrent use.
type Inspection struct {
	set   *task.Set
	masks *masking.Masks
	raw   atomic.Pointer[rawRows]
}

// New returns an inspection of the app whose tasks share s.
func New(s *task.Set) *Inspection {
	return &Inspection{set: s, masks: s.Def.Masks()}
}

// rawRows are the tables of rows of a generation, by ordinal, as a store of bytes has them.
type rawRows struct {
	number int // of the generation
	tables []brook.Table
}

// call is a call that reads the live generation. One goroutine uses it.
type call struct {
	*Inspection
	ctx    context.Context
	guard  *generation.Guard
	gen    *generation.Generation
	reader brook.Reader
}

// read calls do with what reads the live generation: at one instant, if no other process writes the
// store. The error is one for the caller of the app.
func (x *Inspection) read(ctx context.Context, do func(*call) error) (err error) {
	if err := x.set.Life.Err(); err != nil {
		return err
	}
	ctx, cancel := x.set.Life.WhileOpen(ctx)
	defer cancel()
	defer func() { err = lifetime.During("inspect", lifetime.Closing(ctx, err)) }()
	guard, err := x.set.Catalog.Current.Guarded(ctx)
	if err != nil {
		return err
	}
	defer guard.End()
	c := &call{Inspection: x, ctx: ctx, guard: guard, gen: guard.Gen, reader: x.set.Reader}
	if x.set.Catalog.Fenced() {
		if err := do(c); err != nil {
			return err
		}
		return guard.Check(ctx)
	}
	snapshot, err := x.set.Store.Snapshot(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, snapshot.Close()) }()
	c.reader = snapshot
	return do(c)
}

// rows returns the table of a collection's rows as a store of bytes has them.
func (c *call) rows(ord int) (brook.Table, error) {
	if raw := c.raw.Load(); raw != nil && raw.number == c.gen.Number {
		return raw.tables[ord], nil
	}
	tables, err := c.set.Catalog.Construction.Encoded(c.ctx, c.gen.Number)
	if err != nil {
		return nil, err
	}
	c.raw.Store(&rawRows{c.gen.Number, tables})
	return tables[ord], nil
}

// scan yields the rows of a table with from <= key < to, in descending order if reverse is set.
func (c *call) scan(t brook.Table, from, to []byte, reverse bool) iter.Seq2[brook.Row, error] {
	if !reverse {
		return c.reader.Scan(c.ctx, t, from, to)
	}
	if r, ok := c.reader.(brook.Reverser); ok {
		return r.Reverse(c.ctx, t, from, to)
	}
	return backwards(func(to []byte) iter.Seq2[brook.Row, error] {
		return c.reader.Scan(c.ctx, t, from, to)
	}, to)
}

// collection returns the number of a collection.
func (x *Inspection) collection(name string) (int, error) {
	for ord, info := range x.set.Code.Layout.Collections {
		if info.Name == name {
			return ord, nil
		}
	}
	return 0, fmt.Errorf("%w: collection %.200q", inspect.ErrUnknown, name)
}
