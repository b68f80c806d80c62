//go:build unix && !aix

package badgerstore

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lockDir locks a directory as Badger does, so that files can be checked before Badger opens them.
func lockDir(dir string, readOnly bool) (unlock func(), err error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("badgerstore: %w", err)
	}
	how := syscall.LOCK_EX
	if readOnly {
		how = syscall.LOCK_SH
	}
	if err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, lockedError(dir)
		}
		return nil, fmt.Errorf("badgerstore: lock %s: %w", dir, err)
	}
	return func() { _ = f.Close() }, nil
}
