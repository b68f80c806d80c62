package reads

import (
	"context"
	"iter"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/schema"
)

// Fixed reads tables that stay the same through one reader. It is a [brook.Source].
type Fixed struct {
	Slots      *schema.Layout
	Tables     []brook.Table // by slot
	Unready    []bool        // by slot; nil: all are filled
	Reader     brook.Reader
	Ctx        context.Context
	OneInstant bool // all reads are of one instant
	// Code names the events of histories as they are called today; nil: as they are stored.
	Code *plan.Code

	guard *generation.Guard // of the generation that is read; nil: there is nothing to check
}

// Layout returns the slots of the collections.
func (f *Fixed) Layout() *schema.Layout { return f.Slots }

// Instant reports whether all reads are of one instant.
func (f *Fixed) Instant() bool { return f.OneInstant }

// WithContext returns the source itself, whose context stays the same.
func (f *Fixed) WithContext(context.Context) brook.Source { return f }

// Watch returns nil: nothing changes.
func (f *Fixed) Watch(context.Context, int, []byte) brook.Watcher { return nil }

// Enter does nothing.
func (f *Fixed) Enter(uint64) error { return nil }

// Leave does nothing.
func (f *Fixed) Leave() {}

// Complete reports whether a table is filled.
func (f *Fixed) Complete(slot int) bool { return f.Unready == nil || !f.Unready[slot] }

// Get reads a row.
func (f *Fixed) Get(slot int, key []byte) (brook.Value, error) {
	v, err := f.Reader.Get(f.Ctx, f.Tables[slot], key)
	if cerr := f.guard.Check(f.Ctx); cerr != nil {
		return brook.Value{}, cerr
	}
	return v, err
}

// Scan returns the rows with keys in [from, to) in key order.
func (f *Fixed) Scan(slot int, from, to []byte) iter.Seq2[brook.Row, error] {
	return Checked(f.Ctx, f.guard, f.Reader.Scan(f.Ctx, f.Tables[slot], from, to))
}

// Reverse is Scan in descending order. It reports false if the store can't.
func (f *Fixed) Reverse(slot int, from, to []byte) (iter.Seq2[brook.Row, error], bool) {
	r, ok := f.Reader.(brook.Reverser)
	if !ok {
		return nil, false
	}
	return Checked(f.Ctx, f.guard, r.Reverse(f.Ctx, f.Tables[slot], from, to)), true
}

// History returns the events that changed a row, the oldest first.
func (f *Fixed) History(slot int, key []byte) iter.Seq2[*brook.HistoryEntry, error] {
	entries := Checked(f.Ctx, f.guard, f.Reader.History(f.Ctx, f.Tables[slot], key))
	if f.Code == nil || !f.Code.Renamed() {
		return entries
	}
	return renamed(f.Code, entries)
}

// Count returns the number of rows of a table.
func (f *Fixed) Count(slot int) (int, error) {
	n, err := count(f.Ctx, f.Reader, f.Tables[slot])
	if cerr := f.guard.Check(f.Ctx); cerr != nil {
		return 0, cerr
	}
	return n, err
}

// Snapshot calls do with the source itself.
func (f *Fixed) Snapshot(do func(brook.Source) error) error { return do(f) }

// Steady calls do with the source itself.
func (f *Fixed) Steady(do func(brook.Source) error) error { return do(f) }

// Checked returns what all returns, as long as the generation of guard may be read, and then an
// error. guard may be nil.
func Checked[T any](
	ctx context.Context, guard *generation.Guard, all iter.Seq2[T, error],
) iter.Seq2[T, error] {
	if guard == nil {
		return all
	}
	return func(yield func(T, error) bool) {
		var none T
		for v, err := range all {
			if cerr := guard.Check(ctx); cerr != nil {
				yield(none, cerr)
				return
			}
			if !yield(v, err) {
				return
			}
		}
		if err := guard.Check(ctx); err != nil { // the end may have come too early
			yield(none, err)
		}
	}
}

// count counts the rows of a table, by the store if it can.
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
