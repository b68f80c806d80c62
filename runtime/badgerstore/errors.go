package badgerstore

import (
	"errors"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/dgraph-io/badger/v4"
)

// Errors of opening or restoring a store, and of a store that failed. All wrap brook.ErrPermanent:
// they end Run of an app.
var (
	// ErrLocked is returned by Open when another process, or this one, has the directory open.
	ErrLocked error = permanent("badgerstore: the store is in use")
	// ErrDamaged is returned when files are damaged or missing, so that what is left is no state
	// that the store ever had. Nothing repairs it: go back to a backup, or delete the directory and
	// let the app build its views again from the log.
	ErrDamaged error = permanent("badgerstore: the store is damaged")
	// ErrLayout is returned by Open when a newer version wrote the store, or something other
	// than this package.
	ErrLayout error = permanent("badgerstore: the layout is not known")
	// ErrBroken is returned after a write failed half-way, as on a full or failing disk. What was
	// committed before is safe: close the store and open it again.
	ErrBroken error = permanent("badgerstore: a write failed, open the store again")
	// ErrClosed is returned after the store was closed.
	ErrClosed error = permanent("badgerstore: closed")
	// ErrBackup is returned by Restore for what is no backup, or no longer a whole one. Nothing of
	// it is restored.
	ErrBackup error = permanent("badgerstore: the backup is damaged")
	// ErrReadOnly is returned by writes to a store that was opened with ReadOnly.
	ErrReadOnly error = permanent("badgerstore: read-only")
)

// ErrFull is returned by Commit, with nothing written, while the disk has too little room for the
// store's background work. It is not permanent: an app waits until there is room.
var ErrFull = errors.New("badgerstore: the disk is full")

var (
	errForeign  = errors.New("badgerstore: the table is none of this store")
	errSnapshot = errors.New("badgerstore: the snapshot is closed")
)

// permanent is an error that trying again does not cure: it wraps brook.ErrPermanent.
type permanent string

func (e permanent) Error() string { return string(e) }

func (e permanent) Unwrap() error { return brook.ErrPermanent }

// failed explains an error of a read: the store is closed, or its files are damaged.
func failed(err error) error {
	switch {
	case errors.Is(err, badger.ErrDBClosed):
		return ErrClosed
	case errors.Is(err, brook.ErrPermanent):
		return err
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}
