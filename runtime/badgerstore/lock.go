package badgerstore

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// lockedError returns ErrLocked with the process that has the directory open, if its
// LOCK file names one.
func lockedError(dir string) error {
	data, err := os.ReadFile(filepath.Join(dir, "LOCK"))
	pid, perr := strconv.Atoi(string(bytes.TrimSpace(data)))
	switch {
	case err != nil || perr != nil:
		return fmt.Errorf("%w: %s: another process has it open: "+
			"stop that one, or open another directory", ErrLocked, dir)
	case pid == os.Getpid():
		return fmt.Errorf("%w: %s: this process has it open already: "+
			"close that store first, or use the one", ErrLocked, dir)
	}
	return fmt.Errorf("%w: %s: process %d has it open: stop that one, or open another directory",
		ErrLocked, dir, pid)
}

// lockDirIfThere locks a directory if it exists.
func lockDirIfThere(dir string, readOnly bool) (unlock func(), err error) {
	if _, err := os.Stat(dir); os.IsNotExist(err) {
		return func() {}, nil
	}
	return lockDir(dir, readOnly)
}
