package txn

import (
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
)

// StoreFault returns the error with which the store failed to answer, nil if it did not fail. After
// a fault the event has no outcome.
func (tx *Tx) StoreFault() error { return tx.fault }

// Failure returns why the current set fails although its handler returned no error, nil if it does
// not.
func (tx *Tx) Failure() error { return tx.failed }

// Fail makes the current set fail.
func (tx *Tx) Fail(err error) { tx.failed = err }

// Failed reports whether the current set has failed already, for whatever reason.
func (tx *Tx) Failed() bool { return tx.failed != nil || tx.crossKey || tx.fault != nil }

// noteFault classifies an error of the store and returns it. The first one that is no answer
// becomes the fault of the event. A row that can't be read fails the set alone: it is as unreadable
// at the next attempt. ErrNotFound is returned unwrapped. The errors of a dry run are left alone.
func (tx *Tx) noteFault(err error) error {
	if err == nil || err == brook.ErrNotFound || tx.dry != nil {
		return err
	}
	if errors.Is(err, brook.ErrNotFound) {
		return brook.ErrNotFound
	}
	if errors.Is(err, brook.ErrUnreadable) {
		if tx.failed == nil || !errors.Is(tx.failed, brook.ErrUnreadable) {
			tx.failed = err
		}
		return err
	}
	if tx.fault == nil {
		tx.fault = err
	}
	return err
}
