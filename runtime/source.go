package brook

import (
	"context"
	"iter"
	"sync"

	"github.com/brookgen/brookgen/runtime/internal/schema"
)

// Source is where views read: what was committed last, a snapshot, or a transaction under way. It names tables by their slot in
// the layout. Generated code uses it; package engine implements it.
type Source interface {
	// Layout returns the layout of the package whose views read here. Nobody changes it.
	Layout() *schema.Layout
	// Get returns the stored value at an encoded key, or ErrNotFound itself.
	Get(slot int, key []byte) (Value, error)
	// Scan returns the rows with from <= key < to, in key order.
	Scan(slot int, from, to []byte) iter.Seq2[Row, error]
	// History returns the history of a row, oldest first.
	History(slot int, key []byte) iter.Seq2[*HistoryEntry, error]
	// Count returns the number of rows.
	Count(slot int) (int, error)
	// Complete reports whether an index has the entries of all rows.
	Complete(slot int) bool
	// Instant reports whether all reads are of one instant, or of a transaction that nobody else changes.
	Instant() bool
	// Snapshot calls f with a source that stays at one instant, perhaps more than once.
	Snapshot(f func(Source) error) error
	// Steady calls f, once, with a source that stays at one instant if the store can do that without a risk; else each scan does, or
	// each page of it, as the store says.
	Steady(f func(Source) error) error
	// WithContext returns the same source with ctx bound to every read.
	WithContext(ctx context.Context) Source
	// Watch begins to watch a row, or all rows of a table if key is nil, until ctx ends. It returns nil for what stays as it is.
	Watch(ctx context.Context, slot int, key []byte) Watcher
	// Enter keeps everybody else away from what was lent under a number, until Leave, or returns ErrHandlerReturned if the handler that
	// it was lent to has returned.
	Enter(lent uint64) error
	Leave()
}

// Watcher receives the changes of rows that somebody watches. Package engine implements it.
type Watcher interface {
	// Key returns the encoded key that is watched, nil if it is all.
	Key() []byte
	// Wait waits until there is something to take, and reports false if ctx ended first.
	Wait(ctx context.Context) bool
	// Take returns what changed since the last call, whether changes were missed, and whether the app is closed.
	Take() (rows []Watched, missed, closed bool)
	// Close ends the watching.
	Close()
}

// Watched is a row that changed. Package engine uses it.
type Watched struct {
	Key   []byte
	Value any // nil: it was deleted
	// Stale says that Value is not known, because another process may have written the row: it is read when it is looked at.
	Stale bool
}

// keyBuffers lends the bytes that keys are encoded in for a read.
var keyBuffers = sync.Pool{New: func() any { return new([]byte) }}
