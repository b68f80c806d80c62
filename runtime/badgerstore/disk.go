package badgerstore

import (
	"fmt"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// Badger maps its files into memory, and a write to a mapped file on a full disk ends the process with SIGBUS. So a commit is refused while
// there is less room than what Badger may write in the background for what it has: logs, tables made of memtables, compactions.

const (
	checkBytes = 1 << 20     // written between two looks at the disk
	checkEvery = time.Second // and the time
	compacts   = 64 << 20    // of the levels below the first, at a time
)

// disk is what the committer knows of the room on the disk.
type disk struct {
	written int64
	checked time.Time
	err     error
}

// room gives an error where the disk has too little room for a transaction of size bytes. One that only removes may have half of the
// reserve, for it helps.
func (s *Store) room(size int64, removes bool) error {
	if s.memory {
		return nil
	}
	d := &s.disk
	d.written += size
	if d.err == nil && d.written < checkBytes && time.Since(d.checked) < checkEvery {
		return nil
	}
	d.written, d.checked, d.err = 0, time.Now(), nil
	free, known := freeSpace(s.dir)
	need := reserve(s.db)
	if !known || free-size >= need || removes && free-size >= need/2 {
		return nil
	}
	d.err = fmt.Errorf("%w: %s has %d bytes free, and %d are kept for logs, tables and compactions", ErrFull, s.dir, free, need)
	return d.err
}

// reserve is how much Badger may write for what it has already.
func reserve(db *badger.DB) int64 {
	o := db.Opts()
	memtables := int64(o.NumMemtables+2) * o.MemTableSize
	total, first := int64(0), int64(0)
	for _, l := range db.Levels() {
		total += l.Size
		if l.Level == 0 {
			first = l.Size
		}
	}
	return 2*memtables + min(total, first+compacts)
}
