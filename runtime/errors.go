package brook

import (
	"errors"
	"fmt"
)

// Errors of reading.
var (
	// ErrNotFound is returned when there is no value for a key.
	ErrNotFound = errors.New("brook: not found")
	// ErrNotReady is returned by what reads an index that is new in the code, until Run or CatchUp
	// has filled it.
	ErrNotReady = errors.New("brook: the index is not filled yet")
	// ErrUnreadable is returned when a stored row can't be read by the present code: because the
	// type of a field changed and this value does not fit the new one, or because a store in memory
	// has the row from another package or version. An event whose handler meets it becomes a dead
	// letter. Rebuild makes the rows anew.
	ErrUnreadable = errors.New("brook: a stored row can't be read by this code any more " +
		"(Rebuild makes the views anew)")
	// ErrHandlerReturned is returned by a view or an index that a handler was given, when it is
	// used after the handler returned: by an effect, a goroutine, a later handler, or an iteration
	// that goes on. Effects and goroutines read app.Views. A Merge function may use what its
	// handler was given.
	ErrHandlerReturned = errors.New("brook: the view that a handler is given ends when " +
		"the handler returns (read app.Views in effects and goroutines)")
	// ErrSnapshotMoved is returned when a remote store could not provide a snapshot of one instant,
	// or a rebuild removed the views that are being read.
	ErrSnapshotMoved = errors.New("brook: the store changed while the snapshot was read")
)

// Errors by which a handler or a store says what is to become of an event.
var (
	// ErrRetry is wrapped by the error of a handler to say that another try may succeed. Every
	// other error of a handler is final at once.
	ErrRetry = errors.New("brook: try again")
	// ErrUnique is returned when another row has the value of a unique field.
	ErrUnique = errors.New("brook: unique value is taken")
	// ErrConflict is returned by a store's Commit when another process changed what the batch
	// relies on. The app then reads anew and folds again; Process and Redrive return it if that
	// goes on.
	ErrConflict = errors.New("brook: changed by another process")
	// ErrTooLarge is returned when an event changes more than its store takes in one commit.
	ErrTooLarge = errors.New("brook: too large for one commit")
)

// Errors of an app.
var (
	// ErrDeadLetter is returned by WaitFor when the event that it waits for became a dead letter.
	ErrDeadLetter = errors.New("brook: dead letter")
	// ErrClosed is returned by an app that was closed, and wrapped by the errors of calls that
	// Close ended.
	ErrClosed = errors.New("brook: closed")
	// ErrRunning is returned by Run while another Run of the same app goes on, by what folds while
	// another app of the same name folds over the same store, and by Close if a call that is under
	// way does not end.
	ErrRunning = errors.New("brook: still running")
	// ErrInEffect is returned by WaitFor when an effect of the same app calls it: the lane of the
	// event that it would wait for may be waiting for the effect. Publish, return, and let a
	// handler of what was published do the rest.
	ErrInEffect = errors.New("brook: an effect can't wait for its own app")
	// ErrConfig is returned by NewApp when the configuration can't work. The error says what and
	// why.
	ErrConfig = errors.New("brook: configuration")
	// ErrStale is returned when the views were made by other handlers than these, and
	// Config.OnStale is Fail.
	ErrStale = errors.New("brook: views are stale")
	// ErrRebuildRefused is returned by Rebuild when events fail in the rebuilt views that did not
	// fail in the live ones, which stay: a [RebuildRefusedError] says which.
	ErrRebuildRefused = errors.New("brook: rebuild refused")
	// ErrGroup is returned by Process of an app whose instances divide the partitions among them.
	ErrGroup = errors.New("brook: not possible in a group")
	// ErrDeadLettersFull is reported when a partition stands still because it has too many dead
	// letters.
	ErrDeadLettersFull = errors.New("brook: too many dead letters")
)

// ErrPermanent is wrapped by an error of a driver or a store when trying again won't help. A driver
// says so of a record, a topic or a partition. A store says so of itself: it is closed, broken or
// damaged. That ends Run, and every call that would have waited for the store, with this error.
var ErrPermanent = errors.New("brook: permanent")

// Errors of a log.
var (
	// ErrOutOfRange is returned by a driver when an offset is before a partition's start or past
	// its end.
	ErrOutOfRange = errors.New("brook: offset out of range")
	// ErrLogChanged is returned when the log is another one than the views were made from: it was
	// made anew, or cut back behind what they hold. Start with an empty store, or another
	// Config.Name. The log of a memdriver ends with its process, so a durable store over it is
	// refused at the second start: use a log that lasts, or a store that forgets.
	ErrLogChanged = errors.New("brook: the log is not the one that the views were made from")
	// ErrRetention is returned when the log no longer holds events that the views need: those they
	// have yet to see or, for a rebuild, those they were made from.
	ErrRetention = errors.New("brook: events are gone from the log")
)

// PublishError says which records of a batch were not published, and why.
type PublishError struct {
	Errs []error // by index of the record; nil: it was published
}

// Error returns how many records failed, and the first error.
func (e *PublishError) Error() string {
	n, first := 0, error(nil)
	for _, err := range e.Errs {
		if err != nil {
			if n++; first == nil {
				first = err
			}
		}
	}
	return fmt.Sprintf("brook: %d of %d records were not published: %v", n, len(e.Errs), first)
}

// Unwrap returns the errors of the records that failed.
func (e *PublishError) Unwrap() []error {
	var errs []error
	for _, err := range e.Errs {
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// RecordError says what is wrong with one record of the log.
type RecordError struct {
	Position Position
	Type     string // of the event; "" if it is not known
	Err      error
}

// Error returns the position, the type and the error.
func (e *RecordError) Error() string {
	if e.Type == "" {
		return fmt.Sprintf("brook: record %s: %v", e.Position, e.Err)
	}
	return fmt.Sprintf("brook: record %s (%s): %v", e.Position, e.Type, e.Err)
}

// Unwrap returns the error that it wraps.
func (e *RecordError) Unwrap() error { return e.Err }

// PanicError is the error of a handler that panicked.
type PanicError struct {
	Value any    // what the handler panicked with
	Stack []byte // of the handler's goroutine
}

// Error returns the text of the value.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Unwrap returns the value if it is an error, else nil.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}
