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
	clock clock
	seed  maphash.Seed
	holds brook.Holds

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

// New returns an empty store.
func New() *Store {
	s := &Store{seed: maphash.MakeSeed(), tables: map[string]*table{}}
	s.clock.start()
	return s
}

// Durable reports false: nothing outlives the process.
func (s *Store) Durable() bool { return false }

// Table returns the table of that name, with the rows that it has, and creates it if it does not
// exist. The spec's Keep belongs to the handle, and changes nothing for other handles of the table;
// its Codec is not used.
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
	return t.handle(spec.Keep), nil
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
	s.await(own)
	s.clock.tick(seq)
	s.trim(trimStep)
	return nil
}

// own returns the table behind a handle of this store.
func (s *Store) own(t brook.Table) (*table, error) {
	if own, ok := t.(*handle); ok && own.store == s {
		return own.table, nil
	}
	return nil, fmt.Errorf("%w (%T)", errForeign, t)
}

func (s *Store) hash(key []byte) uint64 { return maphash.Bytes(s.seed, key) }
