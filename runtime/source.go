package brook

import (
	"context"
	"iter"

	"github.com/brookgen/brookgen/runtime/internal/schema"
)

// Source is what views read: what was committed last, a snapshot, or a transaction under way. It
// names tables by their slot in the layout of the package. Generated code uses it; package engine
// implements it.
//
// Keys and values that it returns are the store's or the transaction's, see [Value] and [Row].
type Source interface {
	// Layout returns the layout of the package. Nobody changes it.
	Layout() *schema.Layout
	// Get returns the stored value at an encoded key, or ErrNotFound itself, not wrapped.
	Get(slot int, key []byte) (Value, error)
	// Scan yields the rows with from <= key < to, in key order. A nil to is the end of the table.
	Scan(slot int, from, to []byte) iter.Seq2[Row, error]
	// History yields the history of a row, oldest first.
	History(slot int, key []byte) iter.Seq2[*HistoryEntry, error]
	// Count returns the number of rows.
	Count(slot int) (int, error)
	// Complete reports whether an index has the entries of all rows.
	Complete(slot int) bool
	// Instant reports whether all reads are of one instant, or of a transaction that nobody else
	// changes.
	Instant() bool
	// Snapshot calls f with a source that stays at one instant. It may call f more than once.
	Snapshot(f func(Source) error) error
	// Steady calls f once. It passes a source that stays at one instant if the store can provide
	// one without the risk of failing; else each scan, or each page of it, is of an instant of its
	// own, as the store documents.
	Steady(f func(Source) error) error
	// WithContext returns the same source with ctx bound to every read.
	WithContext(ctx context.Context) Source
	// Watch begins to watch a row, or all rows of a table if key is nil, until ctx ends. It returns
	// nil if what the source reads can't be watched.
	Watch(ctx context.Context, slot int, key []byte) Watcher
	// Enter locks the transaction for a use of what was lent under a number, until Leave. It
	// returns ErrHandlerReturned, and does not lock, if the handler that it was lent to has
	// returned.
	Enter(lent uint64) error
	// Leave unlocks what Enter locked.
	Leave()
}
