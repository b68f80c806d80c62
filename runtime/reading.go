package brook

import "fmt"

// Reading is one row as a view reads it. While it lasts, it holds the lock of the transaction if
// the view was lent to a handler. Whoever gets one copies what it needs of Value, and then calls
// End, before any function of the user, which may use a view itself. Generated code uses it.
type Reading struct {
	Key []byte // encoded; valid until End
	// Value is a *V, of which an assignment makes a copy that is the caller's own. It is nil if
	// there is an error, or a watched row was deleted.
	Value  any
	missed bool // of a watched row: see Update.Missed
	in     bool // holds the lock
	err    error
	at     *RowReader
}

// End ends r, and returns the error of the reading.
//
//go:noinline
func (r *Reading) End() error {
	r.leave()
	return r.err
}

// Ending is what is left to do of a reading whose value was returned: End it. Generated code uses
// it.
type Ending struct {
	err error
	at  *RowReader // whose transaction is locked; nil: none is
}

// End does what [Reading].End does.
//
//go:noinline
func (e Ending) End() error {
	if e.at != nil {
		e.at.src.Leave()
	}
	return e.err
}

// enter locks the transaction, or notes an error that wraps ErrHandlerReturned if the handler that
// the view was lent to has returned. It reports whether the row can be read.
func (r *Reading) enter() bool {
	if r.at.lent == 0 {
		return true
	}
	if err := r.at.src.Enter(r.at.lent); err != nil {
		r.Key, r.Value, r.err = nil, nil, fmt.Errorf("%w: %s", err, r.at.def.Name)
		return false
	}
	r.in = true
	return true
}

// leave unlocks the transaction if r holds its lock.
func (r *Reading) leave() {
	if r.in {
		r.in = false
		r.at.src.Leave()
	}
}

// set makes r the reading of a row, or an error.
func (r *Reading) set(key []byte, value Value, err error) {
	r.Key, r.Value, r.err = key, nil, err
	if err == nil {
		r.Value, r.err = r.at.def.readable(value)
	}
}

// step calls f with a row of an iteration, and reports whether the iteration goes on. f ends the
// reading before it calls the user; step enters again.
func (r *Reading) step(f func(*Reading) bool, key []byte, value Value, err error) bool {
	r.set(key, value, err)
	if !f(r) || r.err != nil {
		return false
	}
	if !r.enter() {
		f(r)
		return false
	}
	return true
}

// fail calls f with an error.
func (r *Reading) fail(f func(*Reading) bool, err error) {
	r.Key, r.Value, r.err = nil, nil, err
	f(r)
}
