// Package fakestore is a store in memory for tests of rooms that call stores: it fails as it is
// told, and keeps what it was asked for. Only tests use it. Its fields are set and read while
// nobody calls the store, but for those that a method sets or reads.
package fakestore

import (
	"bytes"
	"context"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	brook "github.com/brookgen/brookgen/runtime"
)

// Store is a store that one process writes. It heeds no checks.
type Store struct {
	Count   uint64         // of commits that were done
	Batches []*brook.Batch // those that came, done or not
	Gets    int
	Tables  []string // that were asked for

	OnCommit func()  // is called once, before the next commit
	OnDone   func()  // is called once, after the next commit that was done
	Before   []error // of the next commits, which are then not done; nil: done
	After    []error // of the next commits that were done
	Reads    []error // of the next reads
	Opens    []error // of the next calls of Table

	mu   sync.Mutex
	rows map[string]map[string]brook.Value // by table and key; guarded by mu
}

type shared struct{ *Store }

type held struct {
	*Store
	holds *brook.Holds
}

// New returns an empty store.
func New() *Store { return &Store{rows: map[string]map[string]brook.Value{}} }

// Shared returns s as a store that several apps write as if they were processes. It heeds checks.
func Shared(s *Store) brook.Store { return shared{s} }

// Held returns s as a store whose apps know of each other.
func Held(s *Store) brook.Store { return held{s, new(brook.Holds)} }

// Fenced returns true.
func (shared) Fenced() bool { return true }

// Holds returns the same for all apps.
func (h held) Holds() *brook.Holds { return h.holds }

func next(errs *[]error) (err error) {
	if len(*errs) > 0 {
		err, *errs = (*errs)[0], (*errs)[1:]
	}
	return err
}

// Table returns the table's name.
func (s *Store) Table(_ context.Context, spec brook.TableSpec) (brook.Table, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Tables = append(s.Tables, spec.Name)
	return spec.Name, next(&s.Opens)
}

// Latest returns a reader of the store.
func (s *Store) Latest() brook.Reader { return reader{s} }

// Snapshot panics.
func (s *Store) Snapshot(context.Context) (brook.Snapshot, error) { panic("not needed") }

// Commit applies a batch.
func (s *Store) Commit(ctx context.Context, b *brook.Batch) error {
	return s.commit(ctx, b, nil)
}

// Commit applies a batch if its checks hold.
func (s shared) Commit(ctx context.Context, b *brook.Batch) error {
	return s.commit(ctx, b, b.Checks)
}

func (s *Store) commit(ctx context.Context, b *brook.Batch, checks []brook.Check) error {
	if f := s.OnCommit; f != nil {
		s.OnCommit = nil
		f()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Batches = append(s.Batches, b)
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := next(&s.Before); err != nil {
		return err
	}
	for _, c := range checks {
		v, ok := s.rows[c.Table.(string)][string(c.Key)]
		if c.Value == nil && v.Version != c.Version ||
			c.Value != nil && (!ok || !bytes.Equal(v.Data.([]byte), c.Value)) {
			return brook.ErrConflict
		}
	}
	s.Count++
	for _, w := range b.Writes {
		s.write(w)
	}
	if f := s.OnDone; f != nil {
		s.OnDone = nil
		f()
	}
	return next(&s.After)
}

func (s *Store) write(w brook.Write) {
	t := w.Table.(string)
	if s.rows[t] == nil {
		s.rows[t] = map[string]brook.Value{}
	}
	if w.Op == brook.Remove {
		delete(s.rows[t], string(w.Key))
		return
	}
	s.rows[t][string(w.Key)] = brook.Value{Data: w.Value, Version: s.Count}
}

// Put writes a row as if somebody else did.
func (s *Store) Put(table, key, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Count++
	s.write(brook.Write{Table: table, Key: []byte(key), Value: []byte(value)})
}

// Delete removes a row as if somebody else did.
func (s *Store) Delete(table, key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.rows[table], key)
}

// Row returns the value of a row, or "".
func (s *Store) Row(table, key string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	data, _ := s.rows[table][key].Data.([]byte)
	return string(data)
}

// Size returns how many rows a table has.
func (s *Store) Size(table string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.rows[table])
}

// Fail makes the next commits fail with these errors; nil: they are done.
func (s *Store) Fail(errs ...error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Before = errs
}

// Left returns the tables that have rows and whose names begin with prefix, in order.
func (s *Store) Left(prefix string) (names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(s.rows)) {
		if len(s.rows[name]) > 0 && strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	return names
}

type reader struct{ s *Store }

func (r reader) Get(ctx context.Context, t brook.Table, key []byte) (brook.Value, error) {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	r.s.Gets++
	if err := ctx.Err(); err != nil {
		return brook.Value{}, err
	}
	if err := next(&r.s.Reads); err != nil {
		return brook.Value{}, err
	}
	if v, ok := r.s.rows[t.(string)][string(key)]; ok {
		return v, nil
	}
	return brook.Value{}, brook.ErrNotFound
}

func (r reader) Scan(_ context.Context, t brook.Table, _, _ []byte) iter.Seq2[brook.Row, error] {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	rows := maps.Clone(r.s.rows[t.(string)])
	return func(yield func(brook.Row, error) bool) {
		for _, key := range slices.Sorted(maps.Keys(rows)) {
			if !yield(brook.Row{Key: []byte(key), Value: rows[key]}, nil) {
				return
			}
		}
	}
}

func (r reader) History(context.Context, brook.Table,
	[]byte) iter.Seq2[*brook.HistoryEntry, error] {
	panic("not needed")
}
