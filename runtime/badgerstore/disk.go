package badgerstore

import (
	"fmt"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// Badger maps its files into memory, and a write to a mapped file on a full disk ends the process
// with SIGBUS. So a commit is refused while the disk has less room than Badger may need in the
// background for what it already has: logs, tables made of memtables, compactions.

const (
	checkBytes = 1 << 20     // bytes written between two checks of the disk
	checkEvery = time.Second // and the longest time between them
	compacts   = 64 << 20    // of the levels below the first, at any time
)

// disk is what the committer knows of the free space.
type disk struct {
	written int64
	checked time.Time
	err     error
}

// room returns an error if the disk has too little room for a transaction of size bytes. A
// transaction that only removes may use half of the reserve, since it frees room.
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
	d.err = fmt.Errorf("%w: %s has %d bytes free, and %d are kept for logs, tables and compactions",
		ErrFull, s.dir, free, need)
	return d.err
}

// reserve returns how much Badger may write for what it already has.
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
