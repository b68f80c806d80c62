package brook

// Transaction takes the changes of the handlers of one event: an overlay over what is committed.
// Package engine implements it. One goroutine uses it; the methods of Source may be called by
// others between Enter and Leave.
//
// Views of a transaction are lent to a handler. What was lent can be used until Returned is called,
// which waits for a use that is under way.
type Transaction interface {
	Source
	// Lend lends views to the handler that is called next, and returns the number of the loan.
	Lend() uint64
	// Returned ends the use of what was lent. It is called when a handler or a merge function has
	// returned, before the transaction is touched again.
	Returned()
	// Relend lets a merge function use what was lent to the handler that returned it, until
	// Returned.
	Relend()
	// Failed reports whether the set that runs has failed: no further change of it counts.
	Failed() bool
	// KeyBuffer returns an empty buffer, to which the key of the next change is appended.
	KeyBuffer() []byte
	// Open prepares a change of the row at an encoded key. For a merge, the Value of the change is
	// a copy that the merge function may change, or nil if there is no row. For a modify it is such
	// a copy. Open reports false if there is nothing to be done, or the set failed.
	Open(collection *Collection, ordinal int, op Op, key []byte) (change RowChange, ok bool)
	// Write puts the changed value into the transaction, in the form that a store would keep. It
	// does nothing for an insert if there is a row.
	Write(change RowChange)
	// Mismatch fails the set that runs, because the value carries another key than that of its row:
	// this one, encoded.
	Mismatch(change RowChange, key []byte)
}

// RowChange is a change of one row under way. Package engine uses it.
type RowChange struct {
	Collection *Collection
	Ordinal    int // of the collection in its package
	Op         Op
	Row        any // the transaction's own
	Value      any // the value to store, a *V; nil to delete
}
