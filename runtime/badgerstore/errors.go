package badgerstore

import (
	"errors"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/dgraph-io/badger/v4"
)

// Errors of opening a store, and of one that went wrong. All wrap brook.ErrPermanent: an app whose store gives one ends Run with it.
var (
	// ErrLocked is returned by Open when another process, or this one, has the directory open.
	ErrLocked error = permanent("badgerstore: the store is in use")
	// ErrDamaged is returned when files are damaged or missing, so that what is left is no state that the
	// store ever had. Nothing repairs it: go back to a backup, or delete the directory and let the app
	// build its views again from the log.
	ErrDamaged error = permanent("badgerstore: the store is damaged")
	// ErrLayout is returned by Open when a newer version wrote the store, or something else than this package.
	ErrLayout error = permanent("badgerstore: the layout is not known")
	// ErrBroken is returned once a write failed half-way, as on a full or failing disk. What was committed
	// before is safe; close the store and open it again.
	ErrBroken error = permanent("badgerstore: a write failed, open the store again")
	// ErrClosed is returned when the store is closed.
	ErrClosed error = permanent("badgerstore: closed")
	// ErrReadOnly is returned by writes to a store that was opened with ReadOnly.
	ErrReadOnly error = permanent("badgerstore: read-only")
)

// ErrFull is returned by Commit, with nothing written, while the disk has too little room for what the store does in the background. It is
// not permanent: an app waits until there is room.
var ErrFull = errors.New("badgerstore: the disk is full")

var (
	errForeign  = errors.New("badgerstore: the table is none of this store")
	errSnapshot = errors.New("badgerstore: the snapshot is closed")
)

// permanent is an error that trying again does not mend: it wraps brook.ErrPermanent.
type permanent string

func (e permanent) Error() string { return string(e) }

func (e permanent) Unwrap() error { return brook.ErrPermanent }

// failed returns what Badger says of a read: the store is closed, or else its files do not give what was written.
func failed(err error) error {
	switch {
	case errors.Is(err, badger.ErrDBClosed):
		return ErrClosed
	case errors.Is(err, brook.ErrPermanent):
		return err
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}
