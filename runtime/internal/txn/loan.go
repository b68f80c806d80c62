package txn

import (
	"sync"

	brook "github.com/brookgen/brookgen/runtime"
)

// Loan says which views of a transaction may be used now. A view that a handler gets reads the
// transaction of its task, which goes on to the next set and the next event. So the view is lent:
// it carries the number of its set, and a use after the handler returned is an error instead of a
// read of somebody else's rows.
//
// Only the task writes the fields, holding the mutex, so it may read them without. Every use of a
// lent view holds the mutex: the task waits for a use that is under way in another goroutine.
type Loan struct {
	mu   sync.Mutex
	set  uint64 // that runs: each has a number of its own
	open uint64 // the set whose views may be used; 0: none
	last uint64 // the set that was lent views last
}

// Next notes that another set begins. Nothing is lent.
func (l *Loan) Next() { l.set++ }

// Lend allows the use of views by the handler that is called next, until Returned. It returns the
// number that the views carry.
func (l *Loan) Lend() uint64 {
	if l.open != l.set {
		l.last = l.set
		l.to(l.set)
	}
	return l.set
}

// Returned ends the use of what was lent: the handler returned. The task calls it before it touches
// the transaction again.
func (l *Loan) Returned() {
	if l.open != 0 {
		l.to(0)
	}
}

// Relend allows a merge function of the current set to use what was lent to its handler, until
// Returned. It does nothing if the set was lent nothing.
func (l *Loan) Relend() {
	if l.last == l.set {
		l.to(l.set)
	}
}

func (l *Loan) to(set uint64) {
	l.mu.Lock()
	l.open = set
	l.mu.Unlock()
}

// Enter begins a use of a view that was lent under a number, and excludes all others until Leave.
// It returns brook.ErrHandlerReturned, and excludes nobody, if the view's handler has returned. Any
// goroutine may call it.
func (l *Loan) Enter(lent uint64) error {
	l.mu.Lock()
	if l.open != lent {
		l.mu.Unlock()
		return brook.ErrHandlerReturned
	}
	return nil
}

// Leave ends a use.
func (l *Loan) Leave() { l.mu.Unlock() }
