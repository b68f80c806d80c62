package mapstore

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"sync"

	brook "github.com/brookgen/brookgen/runtime"
)

// Store keeps views in memory. Its methods are safe for concurrent use.
type Store struct {
	clock     clock
	seed      maphash.Seed
	holds     brook.Holds
	snapshots *snapshots // nil: there are none

	mu      sync.Mutex // held by the writer; reads never take it
	tables  map[string]*table
	touched []surplus  // rows of the commit in progress
	counted []*table   // tables whose number of rows it changes
	edited  []*content // contents whose trees have to be published
	waiting []*table   // tables with counts or contents to trim
}

var (
	_ brook.Store   = (*Store)(nil)
	_ brook.Durable = (*Store)(nil)
	_ brook.Dropper = (*Store)(nil)
	_ brook.Holder  = (*Store)(nil)
	_ brook.Counter = latest{}
	_ brook.Counter = (*snapshot)(nil)
)

var (
	errForeign = errors.New("mapstore: the table is none of this store")
	errClosed  = errors.New("mapstore: the snapshot is closed")
)

// New returns a store. It is empty, unless the option [Snapshots] names a file that an earlier
// process left. Who gives that option calls [Store.Close] in the end.
func New(opts ...Option) *Store {
	var o options
	for _, option := range opts {
		option(&o)
	}
	s := &Store{seed: maphash.MakeSeed(), tables: map[string]*table{}}
	s.clock.start()
	if o.path != "" {
		s.snapshots = newSnapshots(s, &o)
	}
	return s
}

// Close writes the last snapshot, and ends what writes them. What is committed afterwards is in
// none. Without the option [Snapshots] it does nothing. The error is that of writing the file: then
// the one before stays. Reads and commits go on to work.
func (s *Store) Close() error {
	if s.snapshots == nil {
		return nil
	}
	return s.snapshots.close()
}

// Durable reports false: commits end with the process, except for those that are in a snapshot.
func (s *Store) Durable() bool { return false }

// Restoration returns an ID of what the store read from a snapshot, "" if it began empty.
func (s *Store) Restoration() string {
	if s.snapshots == nil {
		return ""
	}
	return s.snapshots.restoration
}

// Table returns the table of that name, with the rows that it has, and creates it if it does not
// exist. The spec's Keep belongs to the handle, and changes nothing for other handles of the table;
// its Codec is used for snapshots alone.
func (s *Store) Table(_ context.Context, spec brook.TableSpec) (brook.Table, error) {
	if spec.Name == "" {
		return nil, errors.New("mapstore: a table needs a name")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tables[spec.Name]
	if t == nil {
		t = newTable(s, s.clock.seq())
		s.tables[spec.Name] = t
	}
	var by *codec
	if s.snapshots != nil {
		by = t.codecOf(spec.Codec)
	}
	return t.handle(spec.Keep, by), nil
}

// Latest reads what was committed last. A scan, a history and a count each see one instant: the
// one at which they begin.
func (s *Store) Latest() brook.Reader { return latest{s} }

// Snapshot pins the present instant. It costs nothing but the memory of what is superseded
// while it is open.
func (s *Store) Snapshot(context.Context) (brook.Snapshot, error) {
	return &snapshot{store: s, in: s.clock.pin()}, nil
}

// Drop empties a table at one instant. Open snapshots and scans still see its rows; the memory is
// freed when they are closed.
func (s *Store) Drop(_ context.Context, t brook.Table) error {
	own, err := s.own(t)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	seq := s.clock.seq() + 1
	own.reset(seq)
	s.await(own.table)
	s.clock.tick(seq)
	if s.snapshots != nil {
		s.snapshots.committed()
	}
	s.trim(trimStep)
	return nil
}

// own returns t as a handle of this store.
func (s *Store) own(t brook.Table) (*handle, error) {
	if own, ok := t.(*handle); ok && own.store == s {
		return own, nil
	}
	return nil, fmt.Errorf("%w (%T)", errForeign, t)
}

func (s *Store) hash(key []byte) uint64 { return maphash.Bytes(s.seed, key) }
