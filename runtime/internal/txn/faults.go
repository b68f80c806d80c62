package txn

import (
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
)

// Faults are what went wrong besides the errors that handlers return: whether the store answered,
// and why the set that runs fails all the same.
type Faults struct {
	fault  error // the store failed to answer: the event has no outcome
	failed error // why the current set fails, if not by its handler's error
}

// StoreFault returns the error with which the store failed to answer, nil if it did not fail. After
// a fault the event has no outcome.
func (f *Faults) StoreFault() error { return f.fault }

// Failure returns why the current set fails although its handler returned no error, nil if it does
// not.
func (f *Faults) Failure() error { return f.failed }

// Fail makes the current set fail.
func (f *Faults) Fail(err error) { f.failed = err }

// note classifies an error of the store and returns it. The first one that is no answer becomes the
// fault of the event. A row that can't be read fails the set alone: it is as unreadable at the next
// attempt. ErrNotFound is returned unwrapped.
func (f *Faults) note(err error) error {
	switch {
	case err == nil || err == brook.ErrNotFound:
		return err
	case errors.Is(err, brook.ErrNotFound):
		return brook.ErrNotFound
	case errors.Is(err, brook.ErrUnreadable):
		if f.failed == nil || !errors.Is(f.failed, brook.ErrUnreadable) {
			f.failed = err
		}
	case f.fault == nil:
		f.fault = err
	}
	return err
}
