package brook

import (
	"context"
	"iter"

	"github.com/brookgen/brookgen/runtime/internal/holds"
)

// Store keeps an app's rows, their history, and everything that has to stand or fall with them
// (positions in the log, indexes, dead letters, emissions not yet published), as tables of rows
// ordered by key. It knows nothing of events: the apply loop says what is in a table.
//
// Its methods are safe for concurrent use. An error means "not now" and is retried, unless it is or
// wraps one of the named ones; what trying again can't mend (the store is closed, broken or damaged) wraps [ErrPermanent]. Further powers are interfaces of their own: [Durable], [Dropper],
// [Counter], [Fetcher], [Fenced], [Announcer], [Holder].
type Store interface {
	// Table gives a handle of the table of that name, and makes the table where it is not there yet. All handles are of the same rows, and
	// each goes by the spec that it was asked for with.
	Table(ctx context.Context, spec TableSpec) (Table, error)

	// Latest reads what was committed last. Each call sees whole commits only; two calls
	// may see different ones.
	Latest() Reader

	// Snapshot pins the present instant until it is closed.
	Snapshot(ctx context.Context) (Snapshot, error)

	// Commit applies all writes of the batch, or none. Commits are ordered: when it has returned,
	// every later read sees it. A batch that is more than the store can take in one
	// commit is [ErrTooLarge], with nothing written. The store may keep the batch's
	// values and history entries, but neither its slices nor its key bytes: the caller uses those again.
	Commit(ctx context.Context, b *Batch) error
}

// TableSpec describes a table to the store that keeps it.
type TableSpec struct {
	Name string // unique in the store, of printable ASCII
	// Codec turns the table's values into bytes and back, for stores that keep bytes. Nil: the values are []byte.
	Codec Codec
	// Keep says how many history entries of an event type are kept per key, the newest; a type that
	// is not in it keeps all. It only concerns what is appended from now on.
	Keep map[string]int
}

// Table is a store's own handle of a table; only that store looks inside.
type Table any

// TableKey names a row of a table.
type TableKey struct {
	Table Table
	Key   []byte
}

// Codec turns typed values into bytes and back. Its methods are safe for concurrent use.
type Codec interface {
	// Append appends the encoded value to dst.
	Append(dst []byte, value any) ([]byte, error)
	// Decode makes a value that shares no memory with data.
	Decode(data []byte) (any, error)
}

// Reader reads rows.
type Reader interface {
	// Get gives the value at key, or [ErrNotFound] itself, not wrapped.
	Get(ctx context.Context, t Table, key []byte) (Value, error)
	// Scan gives the rows with from <= key < to in key order; a nil to means to the end. A row's key is
	// the store's: valid until the next step, and not to be changed. The scan sees one instant, or says in the store's documentation what else.
	// After an error it ends.
	Scan(ctx context.Context, t Table, from, to []byte) iter.Seq2[Row, error]
	// History gives the history of the row at key, oldest first; the entries are shared and never change.
	History(ctx context.Context, t Table, key []byte) iter.Seq2[*HistoryEntry, error]
}

// Snapshot reads one instant. It must be closed.
type Snapshot interface {
	Reader
	Close() error
}

// Value is a value as it comes out of a store.
type Value struct {
	// Data is what was written: the same type, and for a table without codec a []byte.
	Data any
	// Shared says that Data belongs to the store: look, do not touch, and clone before handing it on.
	Shared bool
	// Version changes with every commit that writes the row, where the store is [Fenced]; 0 elsewhere.
	Version uint64
}

// Row is a key with its value.
type Row struct {
	Key   []byte
	Value Value
}

// Batch is what one commit does. Of one table and key there is one write at most.
type Batch struct {
	// ID is the batch's own, the same when it is tried again: a store whose commit may have
	// happened although it gave an error takes a repeat for a success.
	ID     BatchID
	Writes []Write
	// Checks are what the batch relies on, for a store that is [Fenced]: where one does not hold, the commit is
	// [ErrConflict] and nothing is written.
	Checks []Check
}

// Check says that a row is still the one that was read.
type Check struct {
	Table   Table
	Key     []byte
	Version uint64 // as read; 0: there was no row
	// Value, where it is not nil, is what the row of a table without codec has to hold, whatever its version.
	Value []byte
}

// BatchID tells batches apart, in the whole world. The zero BatchID is that of a batch that may be repeated
// without harm.
type BatchID [16]byte

// Write is what a commit does to one row, in this order: Clear, then the value, then the history.
type Write struct {
	Table Table
	Key   []byte
	Op    WriteOp
	Value any // for Put: belongs to the store from now on
	// Clear removes the history that the row had before this commit.
	Clear bool
	// History is appended to the row's history and then trimmed by TableSpec.Keep.
	// Remove leaves it out: a row that is not there has no history.
	History []*HistoryEntry
}

// WriteOp says what happens to the value of a row.
type WriteOp uint8

// What can happen to the value of a row.
const (
	Put    WriteOp = iota // the value is stored
	Remove                // the row and its history go; no error where there is none
)

// Durable is a store that tells whether its commits outlive the process. One that does not
// tell forgets.
type Durable interface {
	Durable() bool
}

// Dropper is a store that empties a whole table faster than row by row. It need not be one instant:
// nobody reads a table that is dropped. The rows are gone for good when it has returned.
type Dropper interface {
	Drop(ctx context.Context, t Table) error
}

// Counter is a reader that counts the rows of a table without a scan.
type Counter interface {
	Count(ctx context.Context, t Table) (int, error)
}

// Fetcher is a reader that reads many rows, of several tables, at the cost of one that is far away: a lane then asks for
// all that its next events are going to read at once.
type Fetcher interface {
	// Fetch gives the values at keys, one for each, in their order; a Value without Data where there is none. Each is what Get would
	// give at some instant of the call. The reader keeps neither the slice nor its keys.
	Fetch(ctx context.Context, keys []TableKey) ([]Value, error)
}

// Fenced is a store that several processes write at once. Its values have versions, and its commits heed Batch.Checks.
type Fenced interface {
	Fenced() bool
}

// Holder is a store of one process whose apps know of each other: two of one name that fold at a time would count every event twice.
type Holder interface {
	// Holds returns the same Holds each time. A nil one is as if the store were no Holder.
	Holds() *holds.Holds
}

// Announcer is a store that tells what all processes commit, so that an app knows of what others change.
type Announcer interface {
	// Announcements gives the rows that are written to the given tables from now on, until ctx ends or
	// the store is lost, which is its error. A row may be announced more than once, and not before it can be read.
	Announcements(ctx context.Context, tables []Table) iter.Seq2[Announcement, error]
}

// Announcement tells of a row that was written.
type Announcement struct {
	Table Table
	Key   []byte // the receiver's own
	// Missed says that nothing is known of some rows that were written before: rows of any table where Table is nil, of that one
	// else. There is no Key then.
	Missed bool
}

// Holds is what the apps of one process know of each other that share a store: which of them folds under a name, and which views
// are the live ones. A store that is a [Holder] keeps one. The zero Holds is ready for use; a Holds must not be copied. It is safe for concurrent use.
type Holds = holds.Holds
