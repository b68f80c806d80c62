package staterow

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/fakestore"
	"github.com/brookgen/brookgen/runtime/internal/ids"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// rig is the row of one process, with an app that counts what is asked of it.
type rig struct {
	*Row
	reloads, updates int

	mu       sync.Mutex
	failures int // guarded by mu
}

// newRow returns a row that is not open yet.
func newRow(s brook.Store) *rig {
	r := &rig{}
	config := &brook.Config{
		Name: "shop", Store: s, ShutdownTimeout: 10 * time.Second,
		Retry: brook.Retry{Min: time.Millisecond, Max: time.Second},
	}
	hooks := brook.Hooks{Failure: func(brook.Failure) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.failures++
	}}
	r.Row = New(Parts{
		Config: config, Reader: s.Latest(), IDs: ids.New(), Lock: &quiesce.Lock{},
		Retry: &retry.Loop{
			Policy: config.Retry, Report: report.New("shop", slog.New(slog.DiscardHandler), hooks),
		},
		Updated: func() { r.updates++ },
		Reload: func(ctx context.Context) error {
			r.reloads++
			next, err := r.Read(ctx)
			if err == nil {
				r.Follow(next)
			}
			return err
		},
	})
	return r
}

// opened returns a row that is open.
func opened(t *testing.T, s brook.Store) *rig {
	t.Helper()
	r := newRow(s)
	must(t, r.Open(t.Context()))
	want(t, "updates by Open", r.updates, 0)
	return r
}

// reload reads the row anew.
func (r *rig) reload(ctx context.Context) error {
	if err := r.parts.Lock.Lock(ctx); err != nil {
		return err
	}
	defer r.parts.Lock.Unlock()
	return r.parts.Reload(ctx)
}

// Two processes that find a new store agree on one state.
func TestOpenOfANewStore(t *testing.T) {
	s := fakestore.New()
	a, b := newRow(fakestore.Shared(s)), newRow(fakestore.Shared(s))
	s.OnCommit = func() { must(t, b.Open(t.Context())) }
	must(t, a.Open(t.Context()))
	want(t, "commits", s.Count, 1)
	want(t, "memory", string(a.known.raw), string(b.known.raw))
	want(t, "stored", stored(s), string(a.known.raw))
	want(t, "the state", fmt.Sprint(a.known.Layout, a.known.Generation, a.known.Folds == ""),
		"3 1 true")
	want(t, "the table", fmt.Sprint(a.Table()), "shop/state")
	want(t, "reloads and updates", fmt.Sprint(a.reloads, a.updates), "0 0")
}

// Open returns the error of a store that fails, and does not wait for it.
func TestOpenOfABrokenStore(t *testing.T) {
	s := fakestore.New()
	s.Before = []error{errStore}
	wantErr(t, newRow(fakestore.Shared(s)).Open(t.Context()), errStore)
	s.Reads = []error{errStore}
	wantErr(t, newRow(fakestore.Shared(s)).Open(t.Context()), errStore)
	s.Opens = []error{errStore}
	wantErr(t, newRow(fakestore.Shared(s)).Open(t.Context()), errStore)
	want(t, "stored", stored(s), "")
	must(t, newRow(fakestore.Shared(s)).Open(t.Context()))
}

// A visitor sees the state as memory knows it, and other processes' changes only once it follows
// them.
func TestVisit(t *testing.T) {
	s := fakestore.New()
	a, b := opened(t, fakestore.Shared(s)), opened(t, fakestore.Shared(s))
	must(t, b.Update(t.Context(), count(new(int), 5), nil))
	known, err := a.Visit(t.Context())
	must(t, err)
	want(t, "before", known.Serial, 0)
	read, err := a.Read(t.Context())
	must(t, err)
	want(t, "read", read.Serial, 5)
	want(t, "after a read", a.Known().Serial, 0)
	must(t, a.reload(t.Context()))
	want(t, "the one before", known.Serial, 0)
	known, err = a.Visit(t.Context())
	must(t, err)
	want(t, "after a reload", known.Serial, 5)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = a.Visit(ctx)
	wantErr(t, err, context.Canceled)
	want(t, "the key", fmt.Sprint(IsKey(a.Unchanged().Key), IsKey([]byte("alone"))), "true false")
}

// stored returns the row as the store has it.
func stored(s *fakestore.Store) string { return s.Row("shop/state", "state") }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantErr(t *testing.T, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("the error is %v, want %v", err, target)
	}
}

func want[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// bubble runs a test with a clock of its own, so that waits take no time.
func bubble(t *testing.T, test func(*testing.T)) { synctest.Test(t, test) }

var (
	errStore = errors.New("the store is away")
	errStop  = errors.New("not this one")
)
