package badgerstore

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// syncer syncs the logs of memtables every second if commits do not. It syncs each file, because
// Badger syncs only the log that is written, and not those that wait to be flushed.
func (s *Store) syncer() {
	defer s.workers.Done()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	last := uint64(0)
	for {
		select {
		case <-tick.C:
		case <-s.stop:
			return
		}
		ts := s.now.Load().ts
		if ts == last {
			continue
		}
		last = ts
		if err := syncLogs(s.dir); err != nil {
			s.log.Error("badgerstore: syncing failed", "dir", s.dir, "error", err)
		}
	}
}

func syncLogs(dir string) error {
	names, err := filepath.Glob(filepath.Join(dir, "*.mem"))
	if err != nil {
		return err
	}
	for _, name := range names { // in the order they were written
		f, err := os.OpenFile(name, os.O_RDWR, 0)
		if errors.Is(err, fs.ErrNotExist) {
			continue // flushed meanwhile
		}
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return err
		}
	}
	return nil
}
