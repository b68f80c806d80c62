package catalog

import (
	"context"
	"errors"
	"fmt"
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
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/staterow"
)

// version is a version of the code of one app, which keeps accounts.
type version struct {
	set     string // that handles account.opened; "": Books
	topic   string // of account.opened; "": ledger
	schema  string // of accounts; "": {id string}
	audited bool   // a set Audit handles account.opened, too
	indexed bool   // accounts have an index of Email
	unique  bool   // it is unique
	renamed bool   // account.opened is called account.made
	onStale brook.StalePolicy
}

func (v version) collections() []*brook.Collection {
	c := &brook.Collection{
		Name: "accounts", Shape: "string", Schema: or(v.schema, "{id string}"),
	}
	if v.indexed {
		c.Indexes = []brook.IndexDef{{Field: "Email", Shape: "string", Unique: v.unique}}
	}
	return []*brook.Collection{c}
}

func (v version) code() *plan.Code {
	handlers := []plan.Handler{{Name: "Opened", Event: "account.opened", Writes: []int{0}}}
	sets := []string{or(v.set, "Books")}
	if v.audited {
		sets = append(sets, "Audit")
		handlers = append(handlers,
			plan.Handler{Set: 1, Name: "Saw", Event: "account.opened", Writes: []int{0}})
	}
	events := []*brook.EventDef{{Type: "account.opened"}}
	if v.renamed {
		events[0].Type, events[0].Was = "account.made", []string{"account.opened"}
		for i := range handlers {
			handlers[i].Event = events[0].Type
		}
	}
	return plan.New(or(v.topic, "ledger"), sets, handlers, nil, v.collections(), events)
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// rig is a catalog of one process, with an app that notes what is asked of it.
type rig struct {
	*Catalog
	positions map[partition.ID]int64
	calls     []string // of the owner
	reloadErr error
	close     func()

	mu       sync.Mutex
	reported []brook.Failure // guarded by mu
}

// newRig returns a catalog that is not open yet.
func newRig(t *testing.T, s brook.Store, v version) *rig {
	r := &rig{positions: map[partition.ID]int64{}}
	config := &brook.Config{
		Name: "shop", Store: s, OnStale: v.onStale, BatchSize: 2, ShutdownTimeout: 10 * time.Second,
		Retry: brook.Retry{Min: time.Millisecond, Max: time.Second},
	}
	hooks := brook.Hooks{Failure: func(f brook.Failure) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.reported = append(r.reported, f)
	}}
	loop := &retry.Loop{
		Policy: config.Retry, Report: report.New("shop", slog.New(slog.DiscardHandler), hooks),
	}
	life := lifetime.New(context.Background(), config.ShutdownTimeout)
	r.close = life.End
	t.Cleanup(r.close)
	note := func(format string, args ...any) {
		r.calls = append(r.calls, fmt.Sprintf(format, args...))
	}
	r.Catalog = New(Parts{
		Config: config, Code: v.code(), Collections: v.collections(), Reader: s.Latest(),
		IDs: ids.New(), Life: life, Lock: &quiesce.Lock{}, Retry: loop,
		Owner: Owner{
			Taken: func(ctx context.Context) error {
				note("taken")
				return r.Reload(ctx)
			},
			Renewed:   func(other bool) { note("renewed %t", other) },
			Shown:     func(replaced bool) { note("shown %t", replaced) },
			Installed: func(g *generation.Generation) { note("installed %d", g.Number) },
			Reload: func(_ context.Context, live *generation.Generation) (func(), error) {
				return func() { note("reloaded %d", live.Number) }, r.reloadErr
			},
			Positions: func() map[partition.ID]int64 { return r.positions },
		},
	})
	return r
}

// opened returns a catalog that is open.
func opened(t *testing.T, s brook.Store, v version) *rig {
	t.Helper()
	r := newRig(t, s, v)
	must(t, r.Open(t.Context()))
	return r
}

// claimed returns a catalog that may fold.
func claimed(t *testing.T, s brook.Store, v version) *rig {
	t.Helper()
	r := opened(t, s, v)
	must(t, r.Claim.Take(t.Context()))
	return r
}

// failures returns what was reported so far.
func (r *rig) failures() []brook.Failure {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.reported)
}

// underConstruction returns the number that the state has, and the one that memory has.
func (r *rig) underConstruction() string {
	return fmt.Sprint(r.row.Known().Building, r.Construction.building)
}

// promote promotes g with the quiesce lock held.
func (r *rig) promote(t *testing.T, g *generation.Generation, checks ...brook.Check) error {
	t.Helper()
	must(t, r.lock.Lock(t.Context()))
	defer r.lock.Unlock()
	return r.Construction.Promote(t.Context(), g, checks)
}

// build returns a generation under construction.
func (r *rig) build(t *testing.T) *generation.Generation {
	t.Helper()
	g, err := r.Construction.Build(t.Context())
	must(t, err)
	return g
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

// count returns a change that sets the serial and counts its calls.
func count(calls *int, serial int) staterow.Change {
	return func(next *staterow.State) error {
		*calls++
		next.Serial = serial
		return nil
	}
}
