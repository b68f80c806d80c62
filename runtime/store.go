package brook

import (
	"context"
	"io"
	"iter"

	"github.com/brookgen/brookgen/runtime/internal/holds"
)

// Store keeps the rows of an app, their history, and everything that must be stored with them or
// not at all (positions in the log, indexes, dead letters, emissions that are not published yet),
// as tables of rows ordered by key. It knows nothing of events.
//
// Its methods are safe for concurrent use. An error means "not now" and is retried, unless it is or
// wraps one of the named ones. What trying again can't mend (the store is closed, broken or
// damaged) wraps [ErrPermanent].
//
// Further powers of a store are interfaces of their own: [Durable], [Dropper], [Counter],
// [Fetcher], [Reverser], [Fenced], [Announcer], [Holder], [Backuper] and [Restored].
type Store interface {
	// Table returns a handle of the table with that name, and creates the table if it does not
	// exist. All handles of a table are of the same rows; each goes by the spec that it was made
	// with.
	Table(ctx context.Context, spec TableSpec) (Table, error)

	// Latest returns a reader of what was committed last. Each call of the reader sees whole
	// commits only; two calls may see different ones. The reader is safe for concurrent use.
	Latest() Reader

	// Snapshot returns a reader of the present instant, which it keeps until it is closed.
	Snapshot(ctx context.Context) (Snapshot, error)

	// Commit applies all writes of the batch, or none. Commits are ordered: once Commit has
	// returned, every later read sees its writes. If the batch is more than the store can take in
	// one commit, the error is [ErrTooLarge], and nothing is written. The store may keep the
	// batch's values and history entries, but neither its slices nor its key bytes, which the
	// caller uses again.
	Commit(ctx context.Context, b *Batch) error
}

// TableSpec describes a table to the store that keeps it.
type TableSpec struct {
	Name string // unique in the store; printable ASCII
	// Codec turns the values of the table into bytes and back, for stores that keep bytes. If it is
	// nil, the values are []byte.
	Codec Codec
	// Keep is how many history entries of an event type are kept per key: the newest ones. A type
	// that is not in it keeps all. It applies to what is appended from now on.
	Keep map[string]int
}

// Table is a store's own handle of a table. Only that store looks inside.
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
	// Decode returns a value that shares no memory with data.
	Decode(data []byte) (any, error)
}

// Reader reads rows.
type Reader interface {
	// Get returns the value at key, or [ErrNotFound] itself, not wrapped.
	Get(ctx context.Context, t Table, key []byte) (Value, error)
	// Scan yields the rows with from <= key < to in key order; a nil to is the end of the table.
	// The key of a row belongs to the store: it is valid until the next step, and must not be
	// changed. The scan sees one instant, unless the store documents something else. It yields an
	// error last.
	Scan(ctx context.Context, t Table, from, to []byte) iter.Seq2[Row, error]
	// History yields the history of the row at key, oldest first. The entries are shared and never
	// change.
	History(ctx context.Context, t Table, key []byte) iter.Seq2[*HistoryEntry, error]
}

// Snapshot reads one instant. It must be closed.
type Snapshot interface {
	Reader
	// Close frees what the snapshot holds.
	Close() error
}

// Value is a value as a store returns it.
type Value struct {
	// Data is what was written: the same type, and []byte for a table without codec.
	Data any
	// Shared is set if Data belongs to the store: it must not be changed, and must be cloned before
	// it is handed on.
	Shared bool
	// Version changes with every commit that writes the row, if the store is [Fenced]; else it is
	// 0.
	Version uint64
}

// Row is a key with its value.
type Row struct {
	Key   []byte
	Value Value
}

// Batch is what one commit does. It has at most one write for one key of one table.
type Batch struct {
	// ID is the batch's own, and the same when the batch is tried again: a store whose commit may
	// have happened although it returned an error recognizes the repeat, and reports success.
	ID     BatchID
	Writes []Write
	// Checks are what the batch relies on, for a store that is [Fenced]: if one does not hold,
	// Commit returns [ErrConflict], and nothing is written.
	Checks []Check
}

// Check says that a row is still the one that was read.
type Check struct {
	Table   Table
	Key     []byte
	Version uint64 // as read; 0: there was no row
	// Value, if it is not nil, is what the row of a table without codec must hold, whatever its
	// version.
	Value []byte
}

// BatchID is the identity of a batch, unique in the world. The zero BatchID is that of a batch that
// may be repeated without harm.
type BatchID [16]byte

// Write is what a commit does to one row, in this order: Clear, then the value, then the history.
type Write struct {
	Table Table
	Key   []byte
	Op    WriteOp
	Value any // for Put: belongs to the store from now on
	// Clear removes the history that the row had before this commit.
	Clear bool
	// History is appended to the history of the row, which is then trimmed by TableSpec.Keep.
	// Remove ignores it: a row that does not exist has no history.
	History []*HistoryEntry
}

// WriteOp is what happens to the value of a row.
type WriteOp uint8

// The operations of a write.
const (
	Put    WriteOp = iota // stores the value
	Remove                // removes the row and its history; no error if there is no row
)

// Durable is a store that says whether its commits outlive the process. One that does not say so
// forgets.
type Durable interface {
	// Durable reports whether commits outlive the process.
	Durable() bool
}

// Dropper is a store that empties a whole table faster than row by row.
type Dropper interface {
	// Drop removes all rows of t. It need not be one instant: nobody reads a table that is dropped.
	// The rows are gone for good once it has returned.
	Drop(ctx context.Context, t Table) error
}

// Counter is a reader that counts the rows of a table without a scan.
type Counter interface {
	// Count returns the number of rows.
	Count(ctx context.Context, t Table) (int, error)
}

// Fetcher is a reader that reads many rows, of several tables, at the cost of one, for a store that
// is far away: a lane then reads at once all that its next events are going to ask for.
type Fetcher interface {
	// Fetch returns the values at keys, one for each, in their order; a Value without Data for a
	// row that does not exist. Each is what Get would return at some instant of the call. The
	// reader keeps neither the slice nor its keys.
	Fetch(ctx context.Context, keys []TableKey) ([]Value, error)
}

// Reverser is a reader that scans downwards. Without it a page in descending order costs a scan of
// all rows before it.
type Reverser interface {
	// Reverse is Scan in descending key order: the rows with from <= key < to; a nil to is the end
	// of the table.
	Reverse(ctx context.Context, t Table, from, to []byte) iter.Seq2[Row, error]
}

// Fenced is a store that several processes write at once. Its values have versions, and its commits
// heed Batch.Checks.
type Fenced interface {
	// Fenced reports whether the store is one.
	Fenced() bool
}

// Holder is a store of one process whose apps know of each other: if two apps of one name folded at
// the same time, they would count every event twice.
type Holder interface {
	// Holds returns the same Holds each time. If it returns nil, the store counts as no Holder.
	Holds() *holds.Holds
}

// Announcer is a store that announces what all processes commit, so that an app knows what others
// change.
type Announcer interface {
	// Announcements yields the rows of the given tables that are written from now on, until ctx
	// ends or the store is lost, whose error it yields last. It may announce a row more than once,
	// and does not before the row can be read.
	Announcements(ctx context.Context, tables []Table) iter.Seq2[Announcement, error]
}

// Backuper is a store that can be backed up while it is in use.
type Backuper interface {
	// Backup writes all that the store holds at one instant to w, whatever is committed meanwhile,
	// in a form of the store's own from which it can be restored.
	Backup(ctx context.Context, w io.Writer) error
}

// Restored is a store that says whether what it began with may be older than what was committed
// last: it was restored from a backup, or read from a snapshot.
type Restored interface {
	// Restoration returns an ID that each restoration has of its own, and "" if there was none. It
	// stays the same as long as the store is not restored once more.
	Restoration() string
}

// Announcement says that a row was written.
type Announcement struct {
	Table Table
	Key   []byte // the receiver's own
	// Missed is set if rows that were written before are not known: rows of any table if Table is
	// nil, else rows of that one. There is no Key then.
	Missed bool
}

// Holds is what the apps of one process that share a store know of each other: which of them folds
// under a name, and which views are the live ones. A store that is a [Holder] keeps one. The zero
// Holds is ready for use. A Holds must not be copied. It is safe for concurrent use.
type Holds = holds.Holds
