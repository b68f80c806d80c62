package txn

import (
	"sync"

	brook "github.com/brookgen/brookgen/runtime"
)

// A view that a handler gets reads the transaction of its lane, which goes on to the next set and the next event. So the view is
// lent: it carries the number of its set's savepoint, and whoever uses it later gets an error instead of the lane's rows. The lock
// makes a use that is under way in a goroutine end before the lane goes on.

// loan says which views of a transaction can be used. Only the lane changes it.
type loan struct {
	sync.Mutex
	open uint64 // the savepoint whose views can be used; 0: none
	last uint64 // the savepoint that lent views last
}

// Lend lends views to the handler that is called next, and returns the number under which it does.
func (tx *Tx) Lend() uint64 {
	if l := &tx.loan; l.open != tx.savings {
		l.last = tx.savings
		l.set(tx.savings)
	}
	return tx.savings
}

// Returned ends the use of what was lent to the handler that ran. It is called before the lane touches the transaction again.
func (tx *Tx) Returned() {
	if tx.loan.open != 0 {
		tx.loan.set(0)
	}
}

// Relend lets a merge function of the set that runs use what was lent to its handler, until Returned.
func (tx *Tx) Relend() {
	if tx.loan.last == tx.savings {
		tx.loan.set(tx.savings)
	}
}

func (l *loan) set(savepoint uint64) {
	l.Lock()
	l.open = savepoint
	l.Unlock()
}

// Enter keeps everybody else away from the transaction, or returns ErrHandlerReturned if the handler that a view was lent to has returned.
func (tx *Tx) Enter(lent uint64) error {
	tx.loan.Lock()
	if tx.loan.open != lent {
		tx.loan.Unlock()
		return brook.ErrHandlerReturned
	}
	return nil
}

// Leave lets others in.
func (tx *Tx) Leave() { tx.loan.Unlock() }
