package badgerstore

import "errors"

// Errors of opening a store, and of one that went wrong.
var (
	// ErrLocked is returned by Open when another process, or this one, has the directory open.
	ErrLocked = errors.New("badgerstore: the store is in use")
	// ErrDamaged is returned when files are damaged or missing, so that what is left is no state that the
	// store ever had. Nothing repairs it: go back to a backup, or delete the directory and let the app
	// build its views again from the log.
	ErrDamaged = errors.New("badgerstore: the store is damaged")
	// ErrLayout is returned by Open when a newer version wrote the store, or something else than this package.
	ErrLayout = errors.New("badgerstore: the layout is not known")
	// ErrBroken is returned once a write failed half-way, as on a full or failing disk. What was committed
	// before is safe; close the store and open it again.
	ErrBroken = errors.New("badgerstore: a write failed, open the store again")
	// ErrClosed is returned when the store is closed.
	ErrClosed = errors.New("badgerstore: closed")
	// ErrReadOnly is returned by writes to a store that was opened with ReadOnly.
	ErrReadOnly = errors.New("badgerstore: read-only")
)

var (
	errForeign  = errors.New("badgerstore: the table is none of this store")
	errSnapshot = errors.New("badgerstore: the snapshot is closed")
)
