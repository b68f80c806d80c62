package badgerstore

import (
	"math"
	"sync/atomic"

	"github.com/dgraph-io/badger/v4"
)

// instant is the state after some commit. Its users are those who read it. Versions of rows that
// only superseded instants without users see are freed. Badger has transactions that do the same,
// but their readers wait for the disk whenever a commit is in progress.
type instant struct {
	ts    uint64
	txn   *badger.Txn // read-only, safe for concurrent use
	users atomic.Int64
}

// enter returns the present instant, which stays until leave.
func (s *Store) enter() (*instant, error) {
	for {
		if err := s.usable(); err != nil {
			return nil, err
		}
		in := s.now.Load()
		if in.users.Add(1) > 0 {
			return in, nil
		}
	}
}

func (in *instant) leave() { in.users.Add(-1) }

// end ends an instant that has no users. It can't be entered afterwards.
func (in *instant) end() bool {
	return in.users.CompareAndSwap(0, math.MinInt64/2)
}

// publish makes the instant after commit ts the present one. Only the committer calls it.
func (s *Store) publish(ts uint64) {
	s.ts = ts
	superseded := s.now.Swap(&instant{ts: ts, txn: s.db.NewTransactionAt(ts, false)})
	if superseded != nil && !superseded.end() {
		s.used = append(s.used, superseded)
	}
	if n := len(s.used); n < 64 || ts%64 == 0 {
		kept := s.used[:0]
		for _, in := range s.used {
			if !in.end() {
				kept = append(kept, in)
			}
		}
		clear(s.used[len(kept):])
		s.used = kept
	}
	if len(s.used) > 0 {
		ts = s.used[0].ts
	}
	s.inUse = ts
	s.db.SetDiscardTs(ts)
}
