package tasktest

import (
	"bytes"
	"context"
	"errors"
	"sync"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

// Store is a store in memory that a test may make fail. It heeds checks of values.
type Store struct {
	*mapstore.Store
	// Before is called with each commit. If it returns an error, nothing is stored, unless the
	// error is ErrLost.
	Before  func(*brook.Batch) error
	Commits []*brook.Batch // that are stored; read while nothing runs
	fenced  bool
	mu      sync.Mutex // guards Commits while they are added to
}

// ErrLost is the error of a commit that is stored although its answer was lost.
var ErrLost = errors.New("the answer was lost")

// NewStore returns an empty store, which several processes write if fenced is set.
func NewStore(fenced bool) *Store { return &Store{Store: mapstore.New(), fenced: fenced} }

// Fenced reports whether several processes write the store.
func (s *Store) Fenced() bool { return s.fenced }

// Commit stores a batch if the rows that it checks have the values that it wants.
func (s *Store) Commit(ctx context.Context, b *brook.Batch) error {
	var lost error
	if s.Before != nil {
		if lost = s.Before(b); lost != nil && !errors.Is(lost, ErrLost) {
			return lost
		}
	}
	for _, c := range b.Checks {
		v, err := s.Latest().Get(ctx, c.Table, c.Key)
		switch {
		case errors.Is(err, brook.ErrNotFound):
			if c.Value != nil {
				return brook.ErrConflict
			}
		case err != nil:
			return err
		case c.Value != nil && !bytes.Equal(v.Data.([]byte), c.Value):
			return brook.ErrConflict
		case c.Value == nil && c.Version == 0 && s.bytes(v):
			return brook.ErrConflict // there was no such row
		}
	}
	if err := s.Store.Commit(ctx, b); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Commits = append(s.Commits, b)
	return lost
}

// bytes reports whether a value is of a table without codec, whose rows have no version here.
func (s *Store) bytes(v brook.Value) bool {
	_, ok := v.Data.([]byte)
	return ok
}
