package obsolete

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/ids"
	"github.com/brookgen/brookgen/runtime/internal/lifetime"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/staterow"
	"github.com/brookgen/brookgen/runtime/internal/tenancy"
)

// rig is a remover of one process, with the live generation of its app, which keeps accounts.
type rig struct {
	*Remover
	current  *generation.Current
	building int
	close    func()

	mu       sync.Mutex
	reported []brook.Failure // guarded by mu
}

func newRig(t *testing.T, s brook.Store) *rig {
	t.Helper()
	r := &rig{}
	config := &brook.Config{
		Name: "shop", Store: s, BatchSize: 2, ShutdownTimeout: time.Second,
		Retry: brook.Retry{Min: time.Millisecond, Max: time.Second},
	}
	life := lifetime.New(context.Background(), config.ShutdownTimeout)
	r.close = life.End
	t.Cleanup(r.close)
	hooks := brook.Hooks{Failure: func(f brook.Failure) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.reported = append(r.reported, f)
	}}
	loop := &retry.Loop{
		Policy: config.Retry, Report: report.New("shop", slog.New(slog.DiscardHandler), hooks),
	}
	lock := &quiesce.Lock{}
	row := staterow.New(staterow.Parts{
		Config: config, Reader: s.Latest(), IDs: ids.New(), Lock: lock, Retry: loop,
		Updated: func() {},
		Reload:  func(context.Context) error { return errors.New("nobody else writes the row") },
	})
	hold := tenancy.New(tenancy.Parts{
		Config: config, Life: life, Live: func() int { return r.current.Number() },
		Taken: func(context.Context) error { return nil }, Rouse: func() { r.Wake() },
	})
	accounts := []*brook.Collection{{
		Name: "accounts", Shape: "string", Schema: "{id string}",
	}}
	opener := &generation.Opener{
		Config: config, Collections: accounts, Reader: s.Latest(), Life: life,
		Code: plan.New("ledger", nil, nil, nil, accounts, nil), Pins: hold.PinsOf,
	}
	r.Remover = New(Parts{
		Config: config, Life: life, Lock: lock, Retry: loop, Row: row, Opener: opener, Hold: hold,
		Building: func() int { return r.building },
	})
	r.current = generation.NewCurrent(generation.Parts{
		Name: "shop", Row: row, Opener: opener, Hold: hold, Unread: r.Wake,
		Renewed: func(bool) {}, Shown: r.Replaced,
	})
	must(t, row.Open(t.Context()))
	must(t, r.current.Open(t.Context()))
	return r
}

// promote makes the next generation the live one, and the one before obsolete.
func (r *rig) promote(t *testing.T) {
	t.Helper()
	old := r.current.Number()
	g, err := r.parts.Opener.Open(t.Context(), old+1)
	must(t, err)
	must(t, r.parts.Lock.Lock(t.Context())) // a sweep must not come in between
	defer r.parts.Lock.Unlock()
	must(t, r.parts.Row.UpdateLocked(t.Context(), func(next *staterow.State) error {
		next.Generation, next.Dropped = g.Number, append(next.Dropped, old)
		next.Replaced[old] = time.Now().UTC()
		next.Tables[g.Number] = []string{"rows/accounts"}
		return nil
	}, nil))
	r.current.Show(g, r.parts.Row.Known().Kept)
}

func (r *rig) update(t *testing.T, change func(next *staterow.State)) {
	t.Helper()
	must(t, r.parts.Row.Update(t.Context(), func(next *staterow.State) error {
		change(next)
		return nil
	}, nil))
}

// known returns the state in memory.
func (r *rig) known(t *testing.T) *staterow.State {
	t.Helper()
	s, err := r.parts.Row.Visit(t.Context())
	must(t, err)
	return s
}

// failures returns what was reported so far.
func (r *rig) failures() []brook.Failure {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.reported)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
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

var errStore = errors.New("the store is away")
