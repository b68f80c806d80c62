package rebuild

import (
	"context"
	"errors"
	"slices"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
)

// parts is a store that notes the sizes of the batches that it commits.
type parts struct {
	brook.Store
	sizes []int
	limit int // of writes in a batch; 0: none
	err   error
}

func (p *parts) Commit(_ context.Context, b *brook.Batch) error {
	if p.limit > 0 && len(b.Writes) > p.limit {
		return brook.ErrTooLarge
	}
	p.sizes = append(p.sizes, len(b.Writes))
	return p.err
}

// A writer commits what is added a few writes at a time, in parts if the store takes no more.
func TestWriter(t *testing.T) {
	for _, c := range []struct {
		writes, limit int
		want          []int
	}{
		{0, 0, nil}, {3, 0, []int{3}}, {16, 0, []int{16}}, {35, 0, []int{16, 16, 3}},
		{17, 8, []int{8, 8, 1}},
	} {
		s := &parts{limit: c.limit}
		w := writer{store: s}
		for range c.writes {
			if err := w.add(t.Context(), brook.Write{}); err != nil {
				t.Error(err)
			}
		}
		for range 2 { // the second has nothing to do
			if err := w.flush(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if !slices.Equal(s.sizes, c.want) {
			t.Errorf("%d writes: batches of %v, want %v", c.writes, s.sizes, c.want)
		}
	}
	away := errors.New("away")
	w := writer{store: &parts{err: away}}
	var err error
	for range manyWrites {
		err = errors.Join(err, w.add(t.Context(), brook.Write{}))
	}
	if !errors.Is(err, away) {
		t.Errorf("a store that fails: %v", err)
	}
}
