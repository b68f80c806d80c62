package catalog

import (
	"bytes"
	"context"
	"iter"
	"maps"
	"slices"
	"sync"

	brook "github.com/brookgen/brookgen/runtime"
)

// fakeStore is a store that one process writes. It heeds no checks, and fails as it is told.
type fakeStore struct {
	mu      sync.Mutex
	rows    map[string]map[string]brook.Value // by table and key
	count   uint64                            // of commits that were done
	batches []*brook.Batch                    // those that came, done or not
	gets    int
	tables  []string // that were asked for

	onCommit func()  // is called once, before the next commit
	onDone   func()  // is called once, after the next commit that was done
	before   []error // of the next commits, which are then not done; nil: done
	after    []error // of the next commits that were done
	reads    []error // of the next reads
	opens    []error // of the next calls of Table
}

// fenced is a fakeStore that several catalogs write as if they were processes. It heeds checks.
type fenced struct{ *fakeStore }

// held is a fakeStore whose apps know of each other.
type held struct {
	*fakeStore
	holds *brook.Holds
}

func newFake() *fakeStore          { return &fakeStore{rows: map[string]map[string]brook.Value{}} }
func (fenced) Fenced() bool        { return true }
func (h held) Holds() *brook.Holds { return h.holds }

func next(errs *[]error) (err error) {
	if len(*errs) > 0 {
		err, *errs = (*errs)[0], (*errs)[1:]
	}
	return err
}

func (s *fakeStore) Table(_ context.Context, spec brook.TableSpec) (brook.Table, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tables = append(s.tables, spec.Name)
	return spec.Name, next(&s.opens)
}

func (s *fakeStore) Latest() brook.Reader { return fakeReader{s} }

func (s *fakeStore) Snapshot(context.Context) (brook.Snapshot, error) { panic("not needed") }

func (s *fakeStore) Commit(ctx context.Context, b *brook.Batch) error {
	return s.commit(ctx, b, nil)
}

func (s fenced) Commit(ctx context.Context, b *brook.Batch) error {
	return s.commit(ctx, b, b.Checks)
}

func (s *fakeStore) commit(ctx context.Context, b *brook.Batch, checks []brook.Check) error {
	if f := s.onCommit; f != nil {
		s.onCommit = nil
		f()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.batches = append(s.batches, b)
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := next(&s.before); err != nil {
		return err
	}
	for _, c := range checks {
		v, ok := s.rows[c.Table.(string)][string(c.Key)]
		if c.Value == nil && v.Version != c.Version ||
			c.Value != nil && (!ok || !bytes.Equal(v.Data.([]byte), c.Value)) {
			return brook.ErrConflict
		}
	}
	s.count++
	for _, w := range b.Writes {
		s.write(w)
	}
	if f := s.onDone; f != nil {
		s.onDone = nil
		f()
	}
	return next(&s.after)
}

func (s *fakeStore) write(w brook.Write) {
	t := w.Table.(string)
	if s.rows[t] == nil {
		s.rows[t] = map[string]brook.Value{}
	}
	if w.Op == brook.Remove {
		delete(s.rows[t], string(w.Key))
		return
	}
	s.rows[t][string(w.Key)] = brook.Value{Data: w.Value, Version: s.count}
}

// put writes a row as if somebody else did.
func (s *fakeStore) put(table, key, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	s.write(brook.Write{Table: table, Key: []byte(key), Value: []byte(value)})
}

// stored returns the state row.
func (s *fakeStore) stored() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	data, _ := s.rows["shop/state"]["state"].Data.([]byte)
	return string(data)
}

// size returns how many rows a table has.
func (s *fakeStore) size(table string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.rows[table])
}

// fail makes the next commits fail with these errors; nil: they are done.
func (s *fakeStore) fail(errs ...error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = errs
}

// left returns the tables that have rows, in order.
func (s *fakeStore) left() (names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(s.rows)) {
		if len(s.rows[name]) > 0 {
			names = append(names, name)
		}
	}
	return names
}

type fakeReader struct{ s *fakeStore }

func (r fakeReader) Get(ctx context.Context, t brook.Table, key []byte) (brook.Value, error) {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	r.s.gets++
	if err := ctx.Err(); err != nil {
		return brook.Value{}, err
	}
	if err := next(&r.s.reads); err != nil {
		return brook.Value{}, err
	}
	if v, ok := r.s.rows[t.(string)][string(key)]; ok {
		return v, nil
	}
	return brook.Value{}, brook.ErrNotFound
}

func (r fakeReader) Scan(ctx context.Context, t brook.Table,
	_, _ []byte) iter.Seq2[brook.Row, error] {
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

func (r fakeReader) History(context.Context, brook.Table,
	[]byte) iter.Seq2[*brook.HistoryEntry, error] {
	panic("not needed")
}
