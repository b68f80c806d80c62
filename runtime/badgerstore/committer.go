package badgerstore

import (
	"errors"
	"fmt"
	"math"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/dgraph-io/badger/v4"
)

// committer does the commits of all callers, one Badger transaction at a time. Commits that arrive
// while one is being synced go into the next transaction together, because Badger syncs each
// transaction by itself.
func (s *Store) committer() {
	defer close(s.stopped)
	for {
		select {
		case c := <-s.queue:
			s.commitAll(c)
		case <-s.stop:
			return
		}
	}
}

// commitAll does c and the commits that wait.
func (s *Store) commitAll(c *commit) {
	if err := s.failed.Load(); err != nil {
		c.finish(*err)
		return
	}
	g := s.newGroup()
	defer g.discard()
	for c != nil {
		err := g.stage(c)
		if err == nil {
			err = s.room(g.putSize, g.removes())
		}
		switch {
		case err == nil && g.fits():
			g.accept(c)
		case err == nil && len(g.members) > 0: // it comes first in the next group
			g.reject()
			g.flush()
			g.discard()
			if err := s.failed.Load(); err != nil {
				c.finish(*err)
				return
			}
			g = s.newGroup()
			continue
		case err == nil:
			err = g.tooLarge()
			fallthrough
		default:
			g.reject()
			c.finish(err)
		}
		select {
		case c = <-s.queue:
		default:
			c = nil
		}
	}
	g.flush()
}

// group is one Badger transaction of several commits.
type group struct {
	store   *Store
	txn     *badger.Txn
	ts      uint64
	members []*commit
	count   int64 // entries in the transaction
	size    int64 // their size, as Badger counts it

	// State of the commit that is being staged:
	number  int // in the group
	puts    []put
	heads   []headChange
	putSize int64
	touched []*table // tables whose state changed
	bytes   slab

	entries entries
	largest int64 // size of the largest member
	purges  uint32
	purge   bool // the purger has work
	fills   bool // rows are to be put into memory
}

// put is one entry to write, or a key to delete.
type put struct {
	key, value []byte
	meta       byte
	remove     bool
}

// metaPieces marks an entry whose value is in pieces: it holds their number and the total length.
const metaPieces = 1

type headChange struct {
	key  []byte
	head *head // nil: removed
}

func (s *Store) newGroup() *group {
	g := &s.group
	g.store, g.ts, g.count, g.size, g.number, g.largest, g.purges = s, s.ts+1, 0, 0, 0, 0, 0
	g.fills = false
	g.txn = s.db.NewTransactionAt(s.ts, true)
	return g
}

func (g *group) discard() {
	g.txn.Discard()
	clear(g.members)
	clear(g.puts)
	clear(g.heads)
	g.members, g.puts, g.heads = g.members[:0], g.puts[:0], g.heads[:0]
	g.bytes.reset()
	g.entries.reset()
}

// entryCost is what Badger counts for an entry besides its key and its value.
const entryCost = 2 + 10

// reserved bytes and entries of a transaction are kept free for the store's own entries,
// besides the padding.
const (
	reserved      = 1 << 10
	reservedCount = 16
)

func (g *group) set(key, value []byte, meta byte) {
	g.puts = append(g.puts, put{key: key, value: value, meta: meta})
	g.putSize += int64(len(key) + len(value) + entryCost)
}

func (g *group) remove(key []byte) {
	g.puts = append(g.puts, put{key: key, remove: true})
	g.putSize += int64(len(key) + entryCost)
}

// removes reports whether the staged commit only removes.
func (g *group) removes() bool {
	for i := range g.puts {
		if !g.puts[i].remove {
			return false
		}
	}
	return true
}

func (g *group) fits() bool {
	return g.size+g.putSize <= g.store.limit && g.count+int64(len(g.puts)) <= g.store.limitCount &&
		g.number < math.MaxUint16
}

func (g *group) tooLarge() error {
	return fmt.Errorf("%w: badgerstore: %d bytes in %d entries, and a commit takes %d bytes in %d "+
		"entries: the option Memory raises the limit",
		brook.ErrTooLarge, g.putSize, len(g.puts), g.store.limit, g.store.limitCount)
}

// accept makes the staged commit a part of the transaction.
func (g *group) accept(c *commit) {
	for i := range g.puts {
		if err := g.apply(&g.puts[i]); err != nil {
			_ = g.store.fail(err) // every later write returns it
		}
	}
	for _, h := range g.heads {
		g.store.heads.put(h.key, h.head)
	}
	for _, t := range g.touched {
		t.state = t.staged
		t.number.Store(t.state.number)
	}
	g.store.types.accept()
	g.count += int64(len(g.puts))
	g.size += g.putSize
	g.largest = max(g.largest, g.putSize)
	g.members = append(g.members, c)
	g.number++
	g.reject()
}

func (g *group) apply(p *put) error {
	if p.remove {
		return g.txn.Delete(p.key)
	}
	e := g.entries.next()
	e.Key, e.Value, e.UserMeta = p.key, p.value, p.meta
	return g.txn.SetEntry(e)
}

// reject discards the staged commit.
func (g *group) reject() {
	for _, t := range g.touched {
		t.staged = t.state
	}
	g.store.types.reject()
	g.puts, g.heads, g.touched, g.putSize = g.puts[:0], g.heads[:0], g.touched[:0], 0
}

// flush commits the transaction and reports the result to the callers.
func (g *group) flush() {
	s := g.store
	var err error
	if g.count > 0 || g.fills {
		err = s.write(g)
	}
	for _, c := range g.members {
		c.finish(err)
	}
	clear(g.members)
	g.members = g.members[:0]
	if g.purge {
		g.purge = false
		s.wakePurger()
	}
}

// write commits the transaction of g.
func (s *Store) write(g *group) error {
	if failed := s.failed.Load(); failed != nil {
		return *failed
	}
	if err := g.ring(); err != nil {
		return s.fail(err)
	}
	if err := g.txn.CommitAt(g.ts, nil); err != nil {
		return s.fail(err)
	}
	s.rows.apply(g, s.inUse)
	s.publish(g.ts)
	return nil
}

// fail breaks the store: Badger's memory may now hold a part of a commit, so no
// further one may follow.
func (s *Store) fail(err error) error {
	if !errors.Is(err, badger.ErrBlockedWrites) {
		s.log.Error("badgerstore: a write failed; the store refuses all until it is opened again",
			"dir", s.dir, "error", err)
	}
	failed := fmt.Errorf("%w: %w", ErrBroken, err)
	s.failed.CompareAndSwap(nil, &failed)
	return *s.failed.Load()
}

// slab allocates bytes that live as long as a group.
type slab struct {
	chunks [][]byte
	used   int // chunks
	free   []byte
}

const chunkSize = 64 << 10

// take returns an empty slice with room for n bytes.
func (s *slab) take(n int) []byte {
	if n > chunkSize/4 {
		return make([]byte, 0, n)
	}
	if n > len(s.free) {
		if s.used == len(s.chunks) {
			s.chunks = append(s.chunks, make([]byte, chunkSize))
		}
		s.free = s.chunks[s.used]
		s.used++
	}
	b := s.free[:0:n]
	s.free = s.free[n:]
	return b
}

func (s *slab) reset() {
	if len(s.chunks) > 16 {
		s.chunks = s.chunks[:16:16]
	}
	s.used, s.free = 0, nil
}
