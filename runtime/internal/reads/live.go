// Package reads is what the views of an app read: the live generation as it was committed last, or
// tables that do not change while they are read.
//
// The app makes one Live for all its views. A source may be used by any goroutine. A generation
// that was replaced stays for a while, and reads of it are checked: a read either comes from one
// generation as a whole, or it begins anew, or it returns an error.
package reads

import (
	"context"
	"errors"
	"iter"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/schema"
	"github.com/brookgen/brookgen/runtime/internal/watch"
)

// Parts are the parts of an app that its views read from.
type Parts struct {
	Current *generation.Current
	Store   brook.Store
	Reader  brook.Reader // of what was committed last
	Code    *plan.Code
	Hub     *watch.Hub
}

// Live reads what the live generation committed last. It is a [brook.Source].
type Live struct {
	parts Parts
	ctx   context.Context
}

// NewLive returns a source whose reads end with ctx.
func NewLive(ctx context.Context, p Parts) *Live { return &Live{p, ctx} }

// Until returns the same source with reads that end with ctx.
func (l *Live) Until(ctx context.Context) *Live { return &Live{l.parts, ctx} }

// WithContext is [Live.Until] for package brook.
func (l *Live) WithContext(ctx context.Context) brook.Source { return l.Until(ctx) }

// Layout returns the slots of the collections.
func (l *Live) Layout() *schema.Layout { return l.parts.Code.Layout }

// Instant reports whether all reads are of one instant, which they are not.
func (l *Live) Instant() bool { return false }

// Watch subscribes to the changes of a row.
func (l *Live) Watch(ctx context.Context, slot int, key []byte) brook.Watcher {
	return l.parts.Hub.Subscribe(ctx, slot, key)
}

// Enter does nothing: views of an app may be read at any time.
func (l *Live) Enter(uint64) error { return nil }

// Leave does nothing.
func (l *Live) Leave() {}

// Complete reports whether a table is filled: an index that is new in the code is not, at first.
func (l *Live) Complete(slot int) bool { return !l.parts.Current.Load().Unready[slot] }

// Get reads a row. It reads again if the live generation became another one meanwhile.
func (l *Live) Get(slot int, key []byte) (brook.Value, error) {
	c := l.parts.Current
	for {
		g := c.Load()
		v, err := l.parts.Reader.Get(l.ctx, g.Tables[slot], key)
		if err != nil && c.Load() != g {
			continue // a rebuild promoted another generation and dropped what was read
		}
		if cerr := c.Confirm(l.ctx); cerr != nil {
			return brook.Value{}, cerr
		}
		if c.Number() != g.Number {
			continue
		}
		return v, err
	}
}

// Scan returns the rows with keys in [from, to) in key order.
func (l *Live) Scan(slot int, from, to []byte) iter.Seq2[brook.Row, error] {
	return steadily(l, func(s brook.Source) iter.Seq2[brook.Row, error] {
		return s.Scan(slot, from, to)
	})
}

// History returns the events that changed a row, the oldest first.
func (l *Live) History(slot int, key []byte) iter.Seq2[*brook.HistoryEntry, error] {
	return steadily(l, func(s brook.Source) iter.Seq2[*brook.HistoryEntry, error] {
		return s.History(slot, key)
	})
}

// steadily returns a sequence that Steady reads. An error of Steady itself is its last.
func steadily[T any](
	l *Live, all func(brook.Source) iter.Seq2[T, error],
) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		stopped := false
		err := l.Steady(func(s brook.Source) error {
			for v, err := range all(s) {
				if stopped = !yield(v, err); stopped {
					return nil
				}
			}
			return nil
		})
		if err != nil && !stopped {
			var none T
			yield(none, err)
		}
	}
}

// Count returns the number of rows of a table.
func (l *Live) Count(slot int) (n int, err error) {
	err = l.Steady(func(s brook.Source) error {
		n, err = s.Count(slot)
		return err
	})
	return n, err
}

// Steady calls f with a source of one generation. If other processes write the store too, it takes
// no snapshot, which might move: replaced generations stay for a while.
func (l *Live) Steady(f func(brook.Source) error) error {
	c := l.parts.Current
	if !c.Shared() {
		return l.Snapshot(f)
	}
	guard, err := c.Guarded(l.ctx)
	if err != nil {
		return err
	}
	defer guard.End()
	return f(&Fixed{
		Slots: l.parts.Code.Layout, Tables: guard.Gen.Tables, Unready: guard.Gen.Unready,
		Reader: l.parts.Reader, Ctx: l.ctx, Code: l.parts.Code, guard: guard,
	})
}

// snapshotTries is how often a snapshot is taken that moves under its reader.
const snapshotTries = 10

// Snapshot calls f with a source of one instant. It calls f again if the store can't keep the
// snapshot any longer; the error then wraps ErrSnapshotMoved if that goes on.
func (l *Live) Snapshot(f func(brook.Source) error) error {
	for tries := 1; ; tries++ {
		err := l.snapshotOnce(f)
		if tries == snapshotTries || !errors.Is(err, brook.ErrSnapshotMoved) {
			return err
		}
	}
}

func (l *Live) snapshotOnce(f func(brook.Source) error) (err error) {
	guard, err := l.parts.Current.Guarded(l.ctx)
	if err != nil {
		return err
	}
	defer guard.End()
	snap, err := l.parts.Store.Snapshot(l.ctx)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := snap.Close(); err == nil {
			err = cerr
		}
	}()
	err = f(&Fixed{
		Slots: l.parts.Code.Layout, Tables: guard.Gen.Tables, Unready: guard.Gen.Unready,
		Reader: snap, Ctx: l.ctx, OneInstant: true, Code: l.parts.Code,
	})
	// Another process may have removed what was read. That moves no snapshot, and looks as if there
	// had been nothing.
	if cerr := guard.Check(l.ctx); cerr != nil {
		err = cerr
	}
	return err
}
