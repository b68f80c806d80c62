package txn

import (
	"sync"

	brook "github.com/brookgen/brookgen/runtime"
)

// loan says which views of a transaction may be used now. A view that a handler gets reads the
// transaction of its task, which goes on to the next set and the next event. So the view is lent:
// it carries the number of its set's savepoint, and a use after the handler returned is an error
// instead of a read of somebody else's rows.
//
// Only the task writes the fields, holding the mutex, so it may read them without. Every use of a
// lent view holds the mutex: the task waits for a use that is under way in another goroutine.
type loan struct {
	sync.Mutex
	open uint64 // the savepoint whose views may be used; 0: none
	last uint64 // the savepoint that lent views last
}

// Lend allows the use of views by the handler that is called next, until Returned. It returns the
// number that the views carry.
func (tx *Tx) Lend() uint64 {
	if l := &tx.loan; l.open != tx.savepoint {
		l.last = tx.savepoint
		l.set(tx.savepoint)
	}
	return tx.savepoint
}

// Returned ends the use of what was lent: the handler returned. The task calls it before it touches
// the transaction again.
func (tx *Tx) Returned() {
	if tx.loan.open != 0 {
		tx.loan.set(0)
	}
}

// Relend allows a merge function of the current set to use what was lent to its handler, until
// Returned. It does nothing if the set was lent nothing.
func (tx *Tx) Relend() {
	if tx.loan.last == tx.savepoint {
		tx.loan.set(tx.savepoint)
	}
}

func (l *loan) set(savepoint uint64) {
	l.Lock()
	l.open = savepoint
	l.Unlock()
}

// Enter begins a use of a view that was lent under a number, and excludes all others until Leave.
// It returns brook.ErrHandlerReturned, and excludes nobody, if the view's handler has returned. Any
// goroutine may call it.
func (tx *Tx) Enter(lent uint64) error {
	tx.loan.Lock()
	if tx.loan.open != lent {
		tx.loan.Unlock()
		return brook.ErrHandlerReturned
	}
	return nil
}

// Leave ends a use.
func (tx *Tx) Leave() { tx.loan.Unlock() }
