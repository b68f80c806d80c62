package generation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ids"
	"github.com/brookgen/brookgen/runtime/internal/lifetime"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/staterow"
	"github.com/brookgen/brookgen/runtime/internal/tenancy"
)

// rig is what one process knows of the generations of an app, which keeps accounts with an index of
// Email.
type rig struct {
	*Current
	row    *staterow.Row
	opener *Opener
	lock   *quiesce.Lock
	calls  []string // of Parts
}

// email is the index as a state names it.
const email = "accounts Email string"

func collections() []*brook.Collection {
	return []*brook.Collection{{
		Name: "accounts", Shape: "string", Schema: "{id string}",
		Indexes: []brook.IndexDef{{Field: "Email", Shape: "string"}},
	}}
}

// opened returns a rig whose generation is open.
func opened(t *testing.T, s brook.Store) *rig {
	t.Helper()
	r := newRig(t, s)
	must(t, r.row.Open(t.Context()))
	must(t, r.Open(t.Context()))
	return r
}

func newRig(t *testing.T, s brook.Store) *rig {
	r := &rig{lock: &quiesce.Lock{}}
	config := &brook.Config{Name: "shop", Store: s, BatchSize: 2, ShutdownTimeout: time.Second}
	life := lifetime.New(context.Background(), config.ShutdownTimeout)
	t.Cleanup(life.End)
	note := func(format string, args ...any) {
		r.calls = append(r.calls, fmt.Sprintf(format, args...))
	}
	reporter := report.New("shop", slog.New(slog.DiscardHandler), brook.Hooks{})
	r.row = staterow.New(staterow.Parts{
		Config: config, Reader: s.Latest(), IDs: ids.New(), Lock: r.lock,
		Retry: &retry.Loop{Report: reporter}, Updated: func() {},
		Reload: func(ctx context.Context) error {
			next, err := r.Renew(ctx)
			if err == nil {
				r.row.Follow(next)
			}
			return err
		},
	})
	hold := tenancy.New(tenancy.Parts{
		Config: config, Life: life, Live: func() int { return r.Number() },
		Taken: func(context.Context) error { return nil }, Rouse: func() { note("roused") },
	})
	r.opener = &Opener{
		Config: config, Collections: collections(), Reader: s.Latest(), Life: life,
		Code: plan.New("ledger", nil, nil, nil, collections(), nil), Pins: hold.PinsOf,
	}
	r.Current = NewCurrent(Parts{
		Name: "shop", Row: r.row, Opener: r.opener, Hold: hold,
		Renewed: func(other bool) { note("renewed %t", other) },
		Shown:   func(old *Generation) { note("shown in place of %d", old.Number) },
		Unread:  func() { note("unread") },
	})
	return r
}

// promote makes the generation of the next number the live one.
func (r *rig) promote(t *testing.T) *Generation {
	t.Helper()
	g, err := r.opener.Open(t.Context(), r.Number()+1)
	must(t, err)
	must(t, r.row.Update(t.Context(), func(next *staterow.State) error {
		next.Generation = g.Number
		return nil
	}, nil))
	must(t, r.lock.Lock(t.Context()))
	defer r.lock.Unlock()
	r.Show(g, r.row.Known().Kept)
	return g
}

// keep makes the state have the index in a table, whole or not.
func (r *rig) keep(t *testing.T, table string, whole bool) {
	t.Helper()
	must(t, r.row.Update(t.Context(), func(next *staterow.State) error {
		next.Folds = "some contract"
		next.Kept[email] = staterow.KeptIndex{Table: table, Whole: whole}
		return nil
	}, nil))
}

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

var errStore = errors.New("the store is away")
