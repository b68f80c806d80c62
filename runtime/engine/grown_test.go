package engine_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/bytestore"
	v1 "github.com/brookgen/brookgen/runtime/internal/grown/v1"
	v2 "github.com/brookgen/brookgen/runtime/internal/grown/v2"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// grownConfig is the configuration of one of the packages named grown.
func grownConfig(d brook.Driver, s brook.Store) brook.Config {
	c := config(d, s)
	c.Author, c.OnStale = "grown", brook.Fail
	return c
}

// Events that got other names and newer versions are the events that they were: in views, letters,
// blocked keys and histories, live, after a rebuild and after a cold start.
func TestGrown(t *testing.T) {
	t.Run("one partition", func(t *testing.T) { apptest.Grown(t, bytestore.New(), 1) })
	t.Run("three", func(t *testing.T) { apptest.Grown(t, bytestore.New(), 3) })
}

// An instance whose events have earlier names folds nothing more once one with the new names did:
// it would take the new ones for events of others (rule 40).
func TestRenamedEventsSupersede(t *testing.T) {
	d := memdriver.New()
	shared := &shared{Store: bytestore.New(), versions: map[brook.Table]map[string]uint64{}}
	older, err := v1.NewApp(grownConfig(d, shared), v1.Projection{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := older.Publish.Captured(t.Context(), v1.Captured{ID: "a", Cents: 1}); err != nil {
		t.Fatal(err)
	}
	if err := older.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	newer, err := v2.NewApp(grownConfig(d, shared), v2.Ledger{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newer.Publish.Settled(t.Context(), v2.Settled{ID: "a", Cents: 2}); err != nil {
		t.Fatal(err)
	}
	if err := newer.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := older.Publish.Captured(t.Context(), v1.Captured{ID: "a", Cents: 3}); err != nil {
		t.Fatal(err)
	}
	if err := older.CatchUp(t.Context()); !errors.Is(err, brook.ErrStale) {
		t.Errorf("the older one: %v, want ErrStale", err)
	}
	if err := newer.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p, err := newer.Views.Payments.Get("a"); err != nil || len(p.Cents) != 3 {
		t.Errorf("%+v, %v", p, err)
	}
	if err := errors.Join(older.Close(), newer.Close()); err != nil {
		t.Error(err)
	}
}

// Members of a group find the events under either name: blocked keys, letters, rows (rule 34).
func TestGrownInGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		d := memdriver.New(memdriver.Partitions(3))
		c := grownConfig(d, &shared{
			Store: bytestore.New(), versions: map[brook.Table]map[string]uint64{},
		})
		c.Group = true
		sent := func(at brook.Position, err error) brook.Position {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			return at
		}
		run := func(app interface{ Run(context.Context) error }) (stop func()) {
			ctx, cancel := context.WithCancel(ctx)
			done := make(chan error)
			go func() { done <- app.Run(ctx) }()
			return func() {
				t.Helper()
				if cancel(); <-done != nil {
					t.Error("Run failed")
				}
			}
		}
		older, err := v1.NewApp(c, v1.Projection{})
		if err != nil {
			t.Fatal(err)
		}
		stop := run(older)
		for _, id := range []string{"a", "b", "c"} {
			at := sent(older.Publish.Captured(ctx, v1.Captured{ID: id, Cents: 1}))
			if err := older.WaitFor(ctx, at); err != nil {
				t.Error(err)
			}
		}
		bad := sent(older.Publish.Captured(ctx, v1.Captured{ID: "b", Cents: -1}))
		if err := older.WaitFor(ctx, bad); !errors.Is(err, brook.ErrDeadLetter) {
			t.Errorf("the bad one: %v", err)
		}
		if stop(); older.Close() != nil {
			t.Error("Close failed")
		}
		newer, err := v2.NewApp(c, v2.Ledger{})
		if err != nil {
			t.Fatal(err)
		}
		stop = run(newer)
		blocked := sent(newer.Publish.Settled(ctx, v2.Settled{ID: "b", Cents: 2}))
		if err := newer.WaitFor(ctx, blocked); !errors.Is(err, brook.ErrDeadLetter) {
			t.Errorf("the one behind it: %v", err)
		}
		if err := newer.WaitFor(ctx, sent(newer.Publish.Settled(ctx, v2.Settled{ID: "a", Cents: 2}))); err != nil {
			t.Error(err)
		}
		settled := func(l brook.DeadLetter) bool { return l.Type == v2.SettledType }
		if n, err := newer.Redrive(ctx, settled); n != 2 || err != nil {
			t.Errorf("%d letters were applied, %v", n, err)
		}
		for id, want := range map[string][]int64{"a": {1, 2}, "b": {1, -1, 2}, "c": {1}} {
			if p, err := newer.Views.Payments.Get(id); err != nil || !slices.Equal(p.Cents, want) {
				t.Errorf("%+v, %v, want %d", p, err, want)
			}
			events, err := newer.Views.Payments.EventsOfSettled(id)
			if err != nil || len(events) != len(want) {
				t.Errorf("the history of %s is %v, %v", id, events, err)
			}
		}
		if stop(); newer.Close() != nil {
			t.Error("Close failed")
		}
	})
}

// The code that found a rename writes it into the state with its first commit, and not before.
func TestRenameIsRecorded(t *testing.T) {
	d, s := memdriver.New(), bytestore.New()
	c := grownConfig(d, s)
	c.Name = "ledger" // the name of the tables that rawRows reads
	first, err := v1.NewApp(c, v1.Projection{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = first.Publish.Captured(t.Context(), v1.Captured{ID: "a", Cents: 1}); err == nil {
		err = errors.Join(first.CatchUp(t.Context()), first.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	state := func() string { return rawRows(t, s, "state")["state"] }
	before := state()
	second, err := v2.NewApp(c, v2.Ledger{})
	if err != nil {
		t.Fatal(err)
	}
	if after := state(); after != before {
		t.Errorf("opening changed the state\n%s\ninto\n%s", before, after)
	}
	// Code that folds nothing leaves no trace.
	if _, err = second.Publish.Settled(t.Context(), v2.Settled{ID: "b", Cents: 2}); err == nil {
		err = errors.Join(second.CatchUp(t.Context()), second.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	if after := state(); strings.Contains(after, "payment.captured") ||
		!strings.Contains(after, "payment.settled") {
		t.Errorf("the state is\n%s", after)
	}
}

// Code of an earlier name passes events of the new one over. What made the views of it alone is
// stale for the code of the new name, which had folded before.
func TestRenameTakenBack(t *testing.T) {
	for name, s := range map[string]brook.Store{"forgets": bytestore.New(), "keeps": disk{bytestore.New()}} {
		t.Run(name, func(t *testing.T) {
			c := grownConfig(memdriver.New(), s)
			c.OnStale = brook.RebuildStale
			older := func() {
				app, err := v1.NewApp(c, v1.Projection{})
				if err != nil {
					t.Fatal(err)
				}
				_, err = app.Publish.Captured(t.Context(), v1.Captured{ID: "a", Cents: 1})
				if err = errors.Join(err, app.CatchUp(t.Context()), app.Close()); err != nil {
					t.Fatal(err)
				}
			}
			newer := func(want int) {
				app, err := v2.NewApp(c, v2.Ledger{})
				if err != nil {
					t.Fatal(err)
				}
				err = app.CatchUp(t.Context())
				p, missing := app.Views.Payments.Get("a")
				if err = errors.Join(err, missing); err != nil || len(p.Cents) != want {
					t.Errorf("%d payments are %+v, %v", want, p, err)
				}
				_, err = app.Publish.Settled(t.Context(), v2.Settled{ID: "a", Cents: 2})
				if err = errors.Join(err, app.CatchUp(t.Context())); err != nil {
					t.Fatal(err)
				}
				_, err = app.Publish.Settled(t.Context(), v2.Settled{ID: "a", Cents: 3})
				if err = errors.Join(err, app.Close()); err != nil {
					t.Fatal(err)
				}
			}
			older()
			newer(1) // leaves an event of the new name behind
			older()  // passes both over
			newer(4)
			older()
			newer(7)
		})
	}
}
