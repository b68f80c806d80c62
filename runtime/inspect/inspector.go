package inspect

import (
	"context"
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
)

// Inspector shows what an app consists of and holds, and acts on it. The Inspect method of an app
// returns one; it may be used at any time before the app is closed, also before and without Run. It
// is safe for concurrent use, and what it returns is the caller's own.
//
// Keys are passed and returned as text: a string as it is, an integer in decimal, parts of a
// composite key with "/" between, in them "%" and "/" as %25 and %2F. Where that is no UTF-8, or
// begins with hex:, the text is hex: and the encoded key in hexadecimal.
//
// Errors wrap [ErrUnknown] if what is asked for does not exist in the code (a collection, an
// index), [ErrMistaken] if a key, a cursor or an ID can't be read, [brook.ErrNotFound] if a row or
// letter is not there (any more), [brook.ErrClosed], [brook.ErrNotReady] for an index that is being
// filled, or else the store's.
type Inspector interface {
	// Structure returns what the app consists of. It reads nothing.
	Structure() Structure
	// Counts returns what handlers did with events since the app was opened. It reads nothing.
	Counts() Counts

	// Count returns the number of rows of a collection. Over a store that is no [brook.Counter] it
	// reads all keys.
	Count(ctx context.Context, collection string) (int, error)
	// Row returns the row at a key.
	Row(ctx context.Context, collection, key string) (Row, error)
	// Rows returns a page of the rows of a collection.
	Rows(ctx context.Context, collection string, q RowQuery) (Rows, error)
	// Story returns the row at a key with how it came to be what it is: the events of its history,
	// and what each changed. Of these it returns the newest limit ones; 0: 100. To find out what
	// they changed, it calls the handlers again, and keeps nothing of it.
	Story(ctx context.Context, collection, key string, limit int) (Story, error)

	// Letters returns a page of the dead letters that f accepts, in the order of the log.
	Letters(ctx context.Context, f LetterFilter, p Page) (Letters, error)
	// Letter returns a dead letter with its record and what waits behind it.
	Letter(ctx context.Context, id string) (LetterDetail, error)
	// DryRun returns what Redrive would do now with the letters that f accepts, one after the
	// other: it calls their handlers, and keeps nothing of what these do. It runs up to 100
	// letters.
	DryRun(ctx context.Context, f LetterFilter) (DryRun, error)
	// Redrive tries the letters again that f accepts, as Redrive of an app does, and returns how
	// many were applied.
	Redrive(ctx context.Context, f LetterFilter) (int, error)
	// Drop removes the letters that f accepts, as Drop of an app does, and returns how many.
	Drop(ctx context.Context, f LetterFilter) (int, error)

	// Jobs returns a page of the jobs that are not done, in the order of the events that asked.
	Jobs(ctx context.Context, p Page) (Jobs, error)
	// Timers returns a page of the timers that wait, those that are due first first.
	Timers(ctx context.Context, p Page) (Timers, error)
	// Parked returns a page of the events that came too early, in the order of the log.
	Parked(ctx context.Context, p Page) (ParkedEvents, error)

	// Generations returns the views that the store has: the live ones, those that a rebuild makes,
	// and those that were replaced and are kept.
	Generations(ctx context.Context) ([]Generation, error)
	// Preview is Preview of an app, with samples whose fields are masked.
	Preview(ctx context.Context) (brook.Diff, error)
	// Rebuild is Rebuild of an app.
	Rebuild(ctx context.Context, options ...brook.RebuildOption) error
}

var (
	// ErrUnknown is wrapped by the error of a call that names what the code does not have.
	ErrUnknown = errors.New("brook: there is no such thing in the code")
	// ErrMistaken is wrapped by the error of a call whose key, cursor, ID or limit can't be read.
	ErrMistaken = errors.New("brook: it can't be read")
)
