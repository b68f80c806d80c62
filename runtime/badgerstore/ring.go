package badgerstore

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"
)

// Badger replays the logs of unflushed memtables one after another, each up to the first entry
// that does not fit, and ignores the rest of that log. If the end of one log was lost and the next
// log was not, which happens without syncs, or after damage, commits are missing in the middle.
// So every commit n writes the key n modulo ringSize, which gets version n, and Open checks
// that all of them exist.

// ringSize is Store.slots: how many of the newest commits leave a trace. Unflushed memtables must
// not hold more commits; see minCommit.
const ringSize = 1 << 20

// minCommit is the least size of a commit in the log, such that ringSize commits fill all memtables
// that Badger keeps before it blocks: the one that is written, those that wait, and the one
// being flushed. One memtable takes its size and one commit more. The factor 2 allows for what a
// commit may count twice.
func minCommit(o badger.Options) int64 {
	all := int64(o.NumMemtables+2) * (o.MemTableSize + o.MemTableSize*15/100)
	return 2 * all / ringSize
}

func (s *Store) appendRingKey(dst []byte, n uint64) []byte {
	return binary.BigEndian.AppendUint32(appendPrefix(dst, 0, kindRing), uint32(n%s.slots))
}

// ring adds the trace of the commit, and pads it to the least size.
func (g *group) ring() error {
	if g.store.memory {
		return nil
	}
	if err := g.apply(&put{key: g.store.appendRingKey(g.bytes.take(prefixLen+4),
		g.ts)}); err != nil {
		return err
	}
	if missing := g.store.minCommit - g.largest; missing > 0 {
		padding := make([]byte, missing)
		return g.apply(&put{key: appendPrefix(g.bytes.take(prefixLen), 0, kindPadding),
			value: padding})
	}
	return nil
}

// checkRing checks that all of the newest commits left their trace. After a clean shutdown nothing
// is replayed, and the last few are enough.
func (s *Store) checkRing(txn *badger.Txn, last uint64, crashed bool) error {
	if crashed {
		return s.checkWholeRing(txn, last)
	}
	for n := last; n > 0 && n+min(1000, s.slots) > last; n-- {
		item, err := txn.Get(s.appendRingKey(nil, n))
		if err != nil && !errors.Is(err, badger.ErrKeyNotFound) {
			return fmt.Errorf("badgerstore: open %s: %w", s.dir, err)
		}
		if err != nil || item.Version() != n {
			return fmt.Errorf("%w: %s: commit %d of %d is missing", ErrDamaged, s.dir, n, last)
		}
	}
	return nil
}

func (s *Store) checkWholeRing(txn *badger.Txn, last uint64) error {
	it := iterate(txn, 0, kindRing)
	defer it.Close()
	found, oldest := uint64(0), uint64(0)
	if last > s.slots {
		oldest = last - s.slots
	}
	for it.Rewind(); it.Valid(); it.Next() {
		if n := it.Item().Version(); n > oldest && n <= last &&
			string(it.Item().Key()) == string(s.appendRingKey(nil, n)) {
			found++
		}
	}
	if found != last-oldest {
		return fmt.Errorf("%w: %s: of the last %d commits only %d are there, as if the disk had "+
			"lost some and kept later ones", ErrDamaged, s.dir, last-oldest, found)
	}
	return nil
}
