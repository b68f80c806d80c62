package repeats_test

import (
	"context"
	"iter"
	"maps"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/repeats"
)

// The tables of a test's store.
const (
	folded = iota
	windows
	tables
)

// id is the partition of the tests.
var id = partition.ID{Topic: "in", Number: 3}

// store keeps bytes. Its reads fail with err, unless that is nil.
type store struct {
	rows [tables]map[string][]byte
	gets int
	err  error
}

func newStore() *store {
	return &store{rows: [tables]map[string][]byte{{}, {}}}
}

func (s *store) Get(_ context.Context, t brook.Table, key []byte) (brook.Value, error) {
	s.gets++
	if s.err != nil {
		return brook.Value{}, s.err
	}
	v, ok := s.rows[t.(int)][string(key)]
	if !ok {
		return brook.Value{}, brook.ErrNotFound
	}
	return brook.Value{Data: v}, nil
}

func (s *store) Scan(
	_ context.Context, t brook.Table, from, to []byte,
) iter.Seq2[brook.Row, error] {
	return func(yield func(brook.Row, error) bool) {
		if s.err != nil {
			yield(brook.Row{}, s.err)
			return
		}
		rows := s.rows[t.(int)]
		for _, k := range slices.Sorted(maps.Keys(rows)) {
			if k < string(from) || to != nil && k >= string(to) {
				continue
			}
			if !yield(brook.Row{Key: []byte(k), Value: brook.Value{Data: rows[k]}}, nil) {
				return
			}
		}
	}
}

func (s *store) History(
	context.Context, brook.Table, []byte,
) iter.Seq2[*brook.HistoryEntry, error] {
	panic("no filter reads histories")
}

// commit stores what the batch of f left.
func (s *store) commit(f *repeats.Filter) (writes []brook.Write) {
	writes = f.Writes(nil, folded, windows)
	for _, w := range writes {
		if w.Op == brook.Remove {
			delete(s.rows[w.Table.(int)], string(w.Key))
		} else {
			s.rows[w.Table.(int)][string(w.Key)] = w.Value.([]byte)
		}
	}
	f.Committed()
	return writes
}

// fold passes a message through f, and reports whether it is a repeat.
func (s *store) fold(f *repeats.Filter, m *brook.Message) (bool, error) {
	repeat, err := f.Repeated(context.Background(), s, folded, windows, m, m.ID != "")
	if err == nil && !repeat {
		f.Accept(m, true)
	}
	return repeat, err
}
