package batch

import (
	"bytes"
	"context"
	"errors"
	"sync/atomic"

	brook "github.com/brookgen/brookgen/runtime"
)

// markKey is the key of the exclusive mark in the table of the state. It is what stores hold.
var markKey = []byte("alone")

// ExclusiveMark is the exclusive mark of an app whose store several processes write: the ID of the
// last commit that no position tells of, which is that of Process, Redrive and the like, and the
// first one of a partition. What scans relies on it. Any goroutine may use it.
type ExclusiveMark struct {
	last atomic.Pointer[[]byte]
}

// Read reads the mark from the table of the state.
func (m *ExclusiveMark) Read(ctx context.Context, r brook.Reader, state brook.Table) error {
	v, err := r.Get(ctx, state, markKey)
	switch {
	case errors.Is(err, brook.ErrNotFound):
		m.last.Store(new([]byte))
	case err != nil:
		return err
	default:
		mark := bytes.Clone(v.Data.([]byte))
		m.last.Store(&mark)
	}
	return nil
}

// Check returns the check that the mark is the one that was read, or set, last.
func (m *ExclusiveMark) Check(state brook.Table) brook.Check {
	return brook.Check{Table: state, Key: markKey, Value: *m.last.Load()}
}

// Set makes a commit that no position tells of write a new mark. The caller calls done once it is
// committed.
func (m *ExclusiveMark) Set(commit *brook.Batch, state brook.Table) (done func()) {
	mark := bytes.Clone(commit.ID[:])
	commit.Writes = append(commit.Writes, brook.Write{Table: state, Key: markKey, Value: mark})
	return func() { m.last.Store(&mark) }
}
