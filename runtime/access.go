package brook

import "fmt"

// access is one read through a view that was lent to a handler: while it is in, it holds the lock
// of the handler's transaction. A nil *access, and that of a view that was not lent, never locks.
type access struct {
	at *collectionReader
	in bool // holds the lock
}

// enter locks the transaction, or returns an error that wraps ErrHandlerReturned if the handler
// that the view was lent to has returned.
func (a *access) enter() error {
	if a == nil || a.in || a.at.lent == 0 {
		return nil
	}
	if err := a.at.src.Enter(a.at.lent); err != nil {
		return fmt.Errorf("%w: %s", err, a.at.def.Info().Name)
	}
	a.in = true
	return nil
}

// leave unlocks the transaction if a holds its lock. It must be called before any function of the
// user, which may use a view itself.
func (a *access) leave() {
	if a != nil && a.in {
		a.in = false
		a.at.src.Leave()
	}
}

// begin begins an iteration. It returns a nil *access if the view was not lent.
func (r *collectionReader) begin() (*access, error) {
	if r.lent == 0 {
		return nil, nil
	}
	a := &access{at: r}
	return a, a.enter()
}

// step calls f with a row of an iteration, and reports whether the iteration goes on. f leaves
// before it calls the user; step enters again.
func (a *access) step(f func(*access, Row, error) bool, row Row, err error) bool {
	if !f(a, row, err) || err != nil {
		return false
	}
	if err := a.enter(); err != nil {
		f(a, Row{}, err)
		return false
	}
	return true
}
