package brook

import (
	"context"
	"errors"
	"iter"
	"sync"
)

// source is where a view reads: what was committed last, a snapshot, or a transaction under way. Tables are
// named by slot, see layout.
type source interface {
	layout() *layout
	get(slot int, key []byte) (Value, error)
	scan(slot int, from, to []byte) iter.Seq2[Row, error]
	history(slot int, key []byte) iter.Seq2[*HistoryEntry, error]
	count(slot int) (int, error)
	// whole reports whether an index has the entries of all rows.
	whole(slot int) bool
	// pin calls f with a source that stays at one instant, perhaps more than once.
	pin(f func(source) error) error
	// steady calls f, once, with a source that stays at one instant where the store can do that without a risk; else
	// each scan does, or each page of it, as the store says.
	steady(f func(source) error) error
}

// Source is where views read: what was committed last, or a snapshot. Generated code uses it.
type Source struct{ src source }

// Snapshot calls f with a source that stays at one instant.
func (s Source) Snapshot(ctx context.Context, f func(Source) error) error {
	return s.WithContext(ctx).src.pin(func(pinned source) error { return f(Source{pinned}) })
}

// WithContext gives the same source with ctx bound to every read.
func (s Source) WithContext(ctx context.Context) Source {
	if l, ok := s.src.(*latest); ok {
		return Source{&latest{l.app, ctx}}
	}
	return s
}

// layout numbers the tables of a package: each collection's rows, then its indexes.
type layout struct {
	collections []collectionInfo
	rows        []int   // by collection
	index       [][]int // by collection and index
	slots       int
}

func newLayout(collections []AnyCollection) *layout {
	l := &layout{}
	for _, c := range collections {
		info := c.info()
		l.collections = append(l.collections, info)
		l.rows = append(l.rows, l.slots)
		l.slots++
		var index []int
		for range info.indexes {
			index = append(index, l.slots)
			l.slots++
		}
		l.index = append(l.index, index)
	}
	return l
}

// latest reads what the live generation committed last.
type latest struct {
	app *App
	ctx context.Context
}

func (l *latest) layout() *layout { return l.app.layout }

func (l *latest) whole(slot int) bool { return !l.app.live.Load().unready[slot] }

func (l *latest) get(slot int, key []byte) (Value, error) {
	for {
		g := l.app.live.Load()
		v, err := l.app.reader.Get(l.ctx, g.tables[slot], key)
		if err != nil && l.app.live.Load() != g {
			continue // a rebuild switched and dropped what was read
		}
		if cerr := l.app.confirm(l.ctx); cerr != nil {
			return Value{}, cerr
		}
		if l.app.live.Load().number != g.number {
			continue
		}
		return v, err
	}
}

func (l *latest) scan(slot int, from, to []byte) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		err := l.steady(func(s source) error {
			for row, err := range s.scan(slot, from, to) {
				if !yield(row, err) {
					return nil
				}
			}
			return nil
		})
		if err != nil {
			yield(Row{}, err)
		}
	}
}

func (l *latest) history(slot int, key []byte) iter.Seq2[*HistoryEntry, error] {
	return func(yield func(*HistoryEntry, error) bool) {
		err := l.steady(func(s source) error {
			for entry, err := range s.history(slot, key) {
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

func (l *latest) count(slot int) (n int, err error) {
	err = l.steady(func(s source) error {
		n, err = s.count(slot)
		return err
	})
	return n, err
}

// steady scans what others write too without a snapshot, which might move; their old generations stay for a while.
func (l *latest) steady(f func(source) error) error {
	if l.app.fenced() {
		watch, err := l.app.guarded(l.ctx)
		if err != nil {
			return err
		}
		defer watch.end()
		return f(&pinned{l.app.layout, watch.gen.tables, watch.gen.unready, l.app.reader, l.ctx, false, watch})
	}
	return l.pin(f)
}

// pinTries is how often a snapshot is taken that moves under its reader.
const pinTries = 10

func (l *latest) pin(f func(source) error) error {
	for tries := 1; ; tries++ {
		err := l.pinOnce(f)
		if tries == pinTries || !errors.Is(err, ErrSnapshotMoved) {
			return err
		}
	}
}

func (l *latest) pinOnce(f func(source) error) (err error) {
	watch, err := l.app.guarded(l.ctx)
	if err != nil {
		return err
	}
	defer watch.end()
	snap, err := l.app.store.Snapshot(l.ctx)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := snap.Close(); err == nil {
			err = cerr
		}
	}()
	err = f(&pinned{l.app.layout, watch.gen.tables, watch.gen.unready, snap, l.ctx, true, nil})
	// What was read may have been removed by another process, which moves no snapshot, and looks as if there were nothing.
	if cerr := watch.check(l.ctx); cerr != nil {
		err = cerr
	}
	return err
}

// pinned reads fixed tables through one reader.
type pinned struct {
	lay     *layout
	tables  []Table
	unready []bool // nil: all is
	reader  Reader
	ctx     context.Context
	still   bool // all reads are of one instant
	watch   *guard
}

func (p *pinned) layout() *layout { return p.lay }

func (p *pinned) whole(slot int) bool { return p.unready == nil || !p.unready[slot] }

func (p *pinned) get(slot int, key []byte) (Value, error) {
	v, err := p.reader.Get(p.ctx, p.tables[slot], key)
	if cerr := p.watch.check(p.ctx); cerr != nil {
		return Value{}, cerr
	}
	return v, err
}

func (p *pinned) scan(slot int, from, to []byte) iter.Seq2[Row, error] {
	return checked(p.ctx, p.watch, p.reader.Scan(p.ctx, p.tables[slot], from, to))
}

func (p *pinned) history(slot int, key []byte) iter.Seq2[*HistoryEntry, error] {
	return checked(p.ctx, p.watch, p.reader.History(p.ctx, p.tables[slot], key))
}

func (p *pinned) count(slot int) (int, error) {
	n, err := count(p.ctx, p.reader, p.tables[slot])
	if cerr := p.watch.check(p.ctx); cerr != nil {
		return 0, cerr
	}
	return n, err
}

// checked gives a sequence as long as its generation may be read.
func checked[T any](ctx context.Context, watch *guard, all iter.Seq2[T, error]) iter.Seq2[T, error] {
	if watch == nil {
		return all
	}
	return func(yield func(T, error) bool) {
		var none T
		for v, err := range all {
			if cerr := watch.check(ctx); cerr != nil {
				yield(none, cerr)
				return
			}
			if !yield(v, err) {
				return
			}
		}
		if err := watch.check(ctx); err != nil { // the end may have come too early
			yield(none, err)
		}
	}
}

func (p *pinned) pin(f func(source) error) error    { return f(p) }
func (p *pinned) steady(f func(source) error) error { return f(p) }

func count(ctx context.Context, r Reader, t Table) (int, error) {
	if c, ok := r.(Counter); ok {
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

// keyBuffers lends the bytes that keys are encoded in for a read.
var keyBuffers = sync.Pool{New: func() any { return new([]byte) }}
