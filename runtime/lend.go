package brook

import (
	"fmt"
	"sync"
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

// Lend gives the view for the handler that is called next. Its use ends when the handler returns, but for
// Merge functions that the handler gave, which may go on using it.
func (r Rows[K, V]) Lend() View[K, V] {
	v := r.View
	v.at.lent = r.tx.lend()
	return v
}

func (tx *Tx) lend() uint64 {
	if l := &tx.loan; l.open != tx.savings {
		l.last = tx.savings
		l.set(tx.savings)
	}
	return tx.savings
}

// ended ends the use of what was lent to the handler that ran. It is called before the lane touches the transaction again.
func (tx *Tx) ended() {
	if tx.loan.open != 0 {
		tx.loan.set(0)
	}
}

// relend lets a merge function of the set that runs use what was lent to its handler, until ended.
func (tx *Tx) relend() {
	if tx.loan.last == tx.savings {
		tx.loan.set(tx.savings)
	}
}

func (l *loan) set(savepoint uint64) {
	l.Lock()
	l.open = savepoint
	l.Unlock()
}

// use is one use of a view; nil, and that of a view that was not lent, is possible at any time.
type use struct {
	at *place
	in bool // nobody else is
}

// enter keeps everybody else away from the transaction, or gives an error if the handler that the view was lent to has returned.
func (u *use) enter() error {
	if u == nil || u.in || u.at.lent == 0 {
		return nil
	}
	l := &u.at.src.(*Tx).loan
	l.Lock()
	if l.open != u.at.lent {
		l.Unlock()
		return fmt.Errorf("%w: %s", ErrHandlerReturned, u.at.def.info().name)
	}
	u.in = true
	return nil
}

// leave lets others in. It is called before anything of the user's that may use a view, and does nothing for who is not in.
func (u *use) leave() {
	if u != nil && u.in {
		u.in = false
		u.at.src.(*Tx).loan.Unlock()
	}
}

// begin begins an iteration. It gives nil where there is nothing to be entered.
func (p *place) begin() (*use, error) {
	if p.lent == 0 {
		return nil, nil
	}
	u := &use{at: p}
	return u, u.enter()
}

// step hands a row of an iteration to f, which leaves before it calls the user, and reports whether it wants more and may have it.
func (u *use) step(f func(*use, Row, error) bool, row Row, err error) bool {
	if !f(u, row, err) || err != nil {
		return false
	}
	if err := u.enter(); err != nil {
		f(u, Row{}, err)
		return false
	}
	return true
}
