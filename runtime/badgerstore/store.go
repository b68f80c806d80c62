package badgerstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/dgraph-io/badger/v4"
)

// Store keeps views in a directory. Its methods are safe for concurrent use.
type Store struct {
	dir      string
	log      *slog.Logger
	db       *badger.DB
	memory   bool
	readOnly bool

	limit, limitCount int64 // largest size of one commit
	minCommit         int64
	slots             uint64 // number of slots of the ring
	closeWait         time.Duration
	restoration       string // see Restoration

	now     atomic.Pointer[instant]
	failed  atomic.Pointer[error]
	closing atomic.Bool
	holds   brook.Holds

	mu     sync.Mutex
	tables map[string]*table

	queue    chan *commit // nil if read-only
	stop     chan struct{}
	stopped  chan struct{} // closed when the committer has ended
	purgeDue chan struct{}
	workers  sync.WaitGroup

	closeOnce sync.Mutex
	closed    bool

	// Owned by the committer:
	ts        uint64 // number of the last commit
	inUse     uint64 // and of the oldest one whose instant may have users
	used      []*instant
	group     group
	disk      disk
	heads     *heads
	rows      rowCache
	types     types
	lastTable uint32
}

var (
	_ brook.Store   = (*Store)(nil)
	_ brook.Durable = (*Store)(nil)
	_ brook.Dropper = (*Store)(nil)
	_ brook.Holder  = (*Store)(nil)

	_ brook.Backuper = (*Store)(nil)
	_ brook.Restored = (*Store)(nil)
)

// closeWait is how long Close waits for reads.
const closeWait = 10 * time.Second

// Close ends the store: it finishes the commits in progress and flushes what is in memory. It waits
// up to ten seconds for open reads, scans and snapshots, and returns an error if they stay: then
// the store is unusable, but Close can be called again.
func (s *Store) Close() error {
	s.closeOnce.Lock()
	defer s.closeOnce.Unlock()
	if s.closed {
		return nil
	}
	if !s.closing.Swap(true) {
		close(s.stop)
	}
	s.workers.Wait()
	open := s.now.Load()
	deadline := time.Now().Add(s.closeWait)
	for wait := 10 * time.Microsecond; ; wait = min(2*wait, 10*time.Millisecond) {
		s.used = slices.DeleteFunc(s.used, (*instant).end)
		if open.users.Load() < 0 || open.end() {
			if len(s.used) == 0 {
				break
			}
		}
		if time.Now().After(deadline) {
			n := max(open.users.Load(), 0)
			for _, in := range s.used {
				n += in.users.Load()
			}
			return fmt.Errorf("badgerstore: close %s: %d snapshots or scans are still open: "+
				"close them first", s.dir, n)
		}
		time.Sleep(wait)
	}
	s.closed = true
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("badgerstore: close %s: %w", s.dir, err)
	}
	return nil
}

// usable returns an error if the store is closed or broken.
func (s *Store) usable() error {
	if s.closing.Load() {
		return ErrClosed
	}
	if err := s.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// Durable reports whether commits outlive the process: they do, unless the store is in memory.
func (s *Store) Durable() bool { return !s.memory }

// Restoration returns the ID of the restoration that made the store, "" if none did: see [Restore].
func (s *Store) Restoration() string { return s.restoration }

// Limit returns how many bytes of keys and values one commit takes at most.
func (s *Store) Limit() int64 { return s.limit }

// Table returns the table of that name, with the rows that it has. The spec's Codec and Keep
// belong to the handle, and change nothing for other handles of the table. Nothing is written
// before the first row.
func (s *Store) Table(ctx context.Context, spec brook.TableSpec) (brook.Table, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if spec.Name == "" || len(spec.Name) > maxKey {
		return nil, errors.New("badgerstore: a table needs a name")
	}
	if err := s.usable(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tables[spec.Name]
	if t == nil {
		t = s.newTable(spec.Name)
	}
	return &handle{t, spec.Codec, spec.Keep}, nil
}

func (s *Store) newTable(name string) *table {
	t := &table{store: s, name: name}
	s.tables[name] = t
	return t
}

// Tables returns the names of the tables that hold something or were asked for, sorted.
func (s *Store) Tables() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := make([]string, 0, len(s.tables))
	for name := range s.tables {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Latest reads what was committed last. Each call sees one instant; a scan, a history and a count
// see the one at which they start.
func (s *Store) Latest() brook.Reader { return latest{s} }

// Snapshot pins the present instant. While it is open, what is superseded stays on the disk.
func (s *Store) Snapshot(ctx context.Context) (brook.Snapshot, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	in, err := s.enter()
	if err != nil {
		return nil, err
	}
	return &snapshot{store: s, in: in}, nil
}

// Drop empties a table in one commit; its room on the disk is freed in the background. Readers find
// the table empty at once, even those of older snapshots.
func (s *Store) Drop(ctx context.Context, t brook.Table) error {
	own, err := s.own(t)
	if err != nil {
		return err
	}
	if s.queue == nil {
		return ErrReadOnly
	}
	c := commits.Get().(*commit)
	defer c.release()
	c.drop = own.table
	return s.run(ctx, c)
}
