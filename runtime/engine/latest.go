package engine

import (
	"context"
	"errors"
	"iter"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/schema"
)

// latest reads what the live generation committed last.
type latest struct {
	app *App
	ctx context.Context
}

func (l *latest) Layout() *schema.Layout { return l.app.code.Layout }

func (l *latest) Instant() bool { return false }

func (l *latest) WithContext(ctx context.Context) brook.Source { return &latest{l.app, ctx} }

func (l *latest) Watch(ctx context.Context, slot int, key []byte) brook.Watcher {
	return l.app.hub.Subscribe(ctx, slot, key)
}

func (l *latest) Enter(uint64) error { return nil }

func (l *latest) Leave() {}

func (l *latest) Complete(slot int) bool { return !l.app.catalog.Live().Unready[slot] }

func (l *latest) Get(slot int, key []byte) (brook.Value, error) {
	for {
		g := l.app.catalog.Live()
		v, err := l.app.reader.Get(l.ctx, g.Tables[slot], key)
		if err != nil && l.app.catalog.Live() != g {
			continue // a rebuild switched and dropped what was read
		}
		if cerr := l.app.catalog.Confirm(l.ctx); cerr != nil {
			return brook.Value{}, cerr
		}
		if l.app.catalog.Live().Number != g.Number {
			continue
		}
		return v, err
	}
}

func (l *latest) Scan(slot int, from, to []byte) iter.Seq2[brook.Row, error] {
	return func(yield func(brook.Row, error) bool) {
		err := l.Steady(func(s brook.Source) error {
			for row, err := range s.Scan(slot, from, to) {
				if !yield(row, err) {
					return nil
				}
			}
			return nil
		})
		if err != nil {
			yield(brook.Row{}, err)
		}
	}
}

func (l *latest) History(slot int, key []byte) iter.Seq2[*brook.HistoryEntry, error] {
	return func(yield func(*brook.HistoryEntry, error) bool) {
		err := l.Steady(func(s brook.Source) error {
			for entry, err := range s.History(slot, key) {
				if !yield(entry, err) {
					return nil
				}
			}
			return nil
		})
		if err != nil {
			yield(nil, err)
		}
	}
}

func (l *latest) Count(slot int) (n int, err error) {
	err = l.Steady(func(s brook.Source) error {
		n, err = s.Count(slot)
		return err
	})
	return n, err
}

// Steady scans what others write too without a snapshot, which might move; their old generations stay for a while.
func (l *latest) Steady(f func(brook.Source) error) error {
	if l.app.catalog.Fenced() {
		watch, err := l.app.catalog.Guarded(l.ctx)
		if err != nil {
			return err
		}
		defer watch.End()
		return f(&pinned{l.app.code.Layout, watch.Gen.Tables, watch.Gen.Unready, l.app.reader, l.ctx, false, watch})
	}
	return l.Snapshot(f)
}

// pinTries is how often a snapshot is taken that moves under its reader.
const pinTries = 10

func (l *latest) Snapshot(f func(brook.Source) error) error {
	for tries := 1; ; tries++ {
		err := l.pinOnce(f)
		if tries == pinTries || !errors.Is(err, brook.ErrSnapshotMoved) {
			return err
		}
	}
}

func (l *latest) pinOnce(f func(brook.Source) error) (err error) {
	watch, err := l.app.catalog.Guarded(l.ctx)
	if err != nil {
		return err
	}
	defer watch.End()
	snap, err := l.app.store.Snapshot(l.ctx)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := snap.Close(); err == nil {
			err = cerr
		}
	}()
	err = f(&pinned{l.app.code.Layout, watch.Gen.Tables, watch.Gen.Unready, snap, l.ctx, true, nil})
	// What was read may have been removed by another process, which moves no snapshot, and looks as if there were nothing.
	if cerr := watch.Check(l.ctx); cerr != nil {
		err = cerr
	}
	return err
}

// pinned reads fixed tables through one reader.
type pinned struct {
	lay     *schema.Layout
	tables  []brook.Table
	unready []bool // nil: all is
	reader  brook.Reader
	ctx     context.Context
	still   bool // all reads are of one instant
	watch   *catalog.Guard
}

func (p *pinned) Layout() *schema.Layout { return p.lay }

func (p *pinned) Instant() bool { return p.still }

func (p *pinned) WithContext(context.Context) brook.Source { return p }

func (p *pinned) Watch(context.Context, int, []byte) brook.Watcher { return nil }

func (p *pinned) Enter(uint64) error { return nil }

func (p *pinned) Leave() {}

func (p *pinned) Complete(slot int) bool { return p.unready == nil || !p.unready[slot] }

func (p *pinned) Get(slot int, key []byte) (brook.Value, error) {
	v, err := p.reader.Get(p.ctx, p.tables[slot], key)
	if cerr := p.watch.Check(p.ctx); cerr != nil {
		return brook.Value{}, cerr
	}
	return v, err
}

func (p *pinned) Scan(slot int, from, to []byte) iter.Seq2[brook.Row, error] {
	return checked(p.ctx, p.watch, p.reader.Scan(p.ctx, p.tables[slot], from, to))
}

func (p *pinned) History(slot int, key []byte) iter.Seq2[*brook.HistoryEntry, error] {
	return checked(p.ctx, p.watch, p.reader.History(p.ctx, p.tables[slot], key))
}

func (p *pinned) Count(slot int) (int, error) {
	n, err := count(p.ctx, p.reader, p.tables[slot])
	if cerr := p.watch.Check(p.ctx); cerr != nil {
		return 0, cerr
	}
	return n, err
}

// checked gives a sequence as long as its generation may be read.
func checked[T any](ctx context.Context, watch *catalog.Guard, all iter.Seq2[T, error]) iter.Seq2[T, error] {
	if watch == nil {
		return all
	}
	return func(yield func(T, error) bool) {
		var none T
		for v, err := range all {
			if cerr := watch.Check(ctx); cerr != nil {
				yield(none, cerr)
				return
			}
			if !yield(v, err) {
				return
			}
		}
		if err := watch.Check(ctx); err != nil { // the end may have come too early
			yield(none, err)
		}
	}
}

func (p *pinned) Snapshot(f func(brook.Source) error) error { return f(p) }
func (p *pinned) Steady(f func(brook.Source) error) error   { return f(p) }

func count(ctx context.Context, r brook.Reader, t brook.Table) (int, error) {
	if c, ok := r.(brook.Counter); ok {
		return c.Count(ctx, t)
	}
	n := 0
	for _, err := range r.Scan(ctx, t, nil, nil) {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
