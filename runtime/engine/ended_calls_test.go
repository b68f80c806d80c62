package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/drivertest"
	"github.com/brookgen/brookgen/runtime/internal/fault"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
	"github.com/brookgen/brookgen/runtime/storetest"
)

// waitingCall is a call of an app that waits for its store or driver.
type waitingCall struct {
	name    string
	call    func(ctx context.Context, app *ledger.App, pos brook.Position) error
	retries bool // it tries a commit again that the store refuses
}

var waitingCalls = []waitingCall{
	{"Process", func(ctx context.Context, app *ledger.App, _ brook.Position) error {
		return app.Process.Opened(ctx, ledger.Opened{Account: "a"})
	}, true},
	{"Redrive", func(ctx context.Context, app *ledger.App, _ brook.Position) error {
		_, err := app.Redrive(ctx, nil)
		return err
	}, true},
	{"Drop", func(ctx context.Context, app *ledger.App, _ brook.Position) error {
		_, err := app.Drop(ctx, nil)
		return err
	}, true},
	{"Rebuild", func(ctx context.Context, app *ledger.App, _ brook.Position) error {
		return app.Rebuild(ctx)
	}, true},
	{"CatchUp", func(ctx context.Context, app *ledger.App, _ brook.Position) error {
		return app.CatchUp(ctx)
	}, true},
	{"WaitFor", func(ctx context.Context, app *ledger.App, pos brook.Position) error {
		return app.WaitFor(ctx, pos)
	}, false},
	{"Publish", func(ctx context.Context, app *ledger.App, _ brook.Position) error {
		_, err := app.Publish.Opened(ctx, ledger.Opened{Account: "a"})
		return err
	}, false},
	{"PublishAll", func(ctx context.Context, app *ledger.App, _ brook.Position) error {
		events := []brook.Outgoing{brook.Emit(ledger.Opened{Account: "a"})}
		_, err := app.PublishAll(ctx, slices.Values(events))
		return err
	}, false},
}

// waitingStores are the kinds of stores that waiting calls wait for.
var waitingStores = map[string]func() brook.Store{
	"the process's own": func() brook.Store { return newStore() },
	"shared":            func() brook.Store { return newShared() },
}

// troubled is an app that has a dead letter, and an event at pos that it has yet to fold. Its store
// and driver have a fault that has yet to begin.
type troubled struct {
	app   *ledger.App
	fault *fault.Fault
	store *lateStore
	pos   brook.Position
}

func openTroubled(t *testing.T, store brook.Store, kind fault.Kind, ops ...fault.Op) troubled {
	t.Helper()
	f := fault.New(kind, 0, ops...)
	late := &lateStore{Store: storetest.Faulty(store, f)}
	c := config(drivertest.Faulty(memdriver.New(), f), late)
	c.Retry = brook.Retry{Attempts: 1, Min: time.Second, Max: time.Second}
	do := func(_ context.Context, e brook.Event[ledger.Moved]) error {
		if e.Data.Order == "bad" {
			return errors.New("bad")
		}
		return nil
	}
	app := newLedger(t, c, &ledger.Audit{Do: do})
	publish := must(t)
	publish(app.Publish.Opened(t.Context(), ledger.Opened{Account: "a"}))
	publish(app.Publish.Moved(t.Context(), ledger.Moved{Account: "a", Order: "bad"}))
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	moved := ledger.Moved{Account: "a", Cents: 1, Order: "quiet"}
	return troubled{app, f, late, publish(app.Publish.Moved(t.Context(), moved))}
}

// Whatever a call waits for, its error says why the wait ended: that the app was closed, or the end
// of the call's context, and then what the store failed with.
func TestErrorsOfCallsThatAreEnded(t *testing.T) {
	all := []fault.Op{fault.Table, fault.Snapshot, fault.Commit, fault.Get, fault.Scan, fault.History,
		fault.Count, fault.Drop, fault.Fetch, fault.Publish}
	for _, trouble := range []struct {
		name string
		kind fault.Kind
		ops  []fault.Op
	}{
		{"commits are refused", fault.Refuse, []fault.Op{fault.Commit}},
		{"commits hang", fault.Hang, []fault.Op{fault.Commit, fault.Publish}},
		{"everything hangs", fault.Hang, all},
	} {
		for stored, store := range waitingStores {
			for _, c := range waitingCalls {
				for _, end := range []string{"Close", "deadline", "cancel"} {
					refuses := trouble.kind == fault.Refuse
					if refuses && strings.HasPrefix(c.name, "Publish") {
						continue // it goes through
					}
					name := fmt.Sprintf("%s/%s/%s/%s", c.name, end, trouble.name, stored)
					t.Run(name, func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) {
							on := openTroubled(t, store(), trouble.kind, trouble.ops...)
							testEnd(t, on, refuses, end, c)
						})
					})
				}
			}
		}
	}
}

func testEnd(t *testing.T, on troubled, refuses bool, end string, c waitingCall) {
	on.fault.Begin()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	why := map[string]error{
		"Close": brook.ErrClosed, "deadline": context.DeadlineExceeded, "cancel": context.Canceled,
	}[end]
	if end == "deadline" {
		ctx, cancel = context.WithTimeoutCause(ctx, time.Minute,
			errors.New("a cause of the caller's"))
		defer cancel()
	}
	done := make(chan error, 1)
	go func() { done <- c.call(ctx, on.app, on.pos) }()
	if time.Sleep(30 * time.Second); len(done) > 0 { // of the bubble's time
		t.Fatalf("it did not wait: %v", <-done)
	}
	switch end {
	case "cancel":
		cancel()
	case "Close":
		if err := on.app.Close(); err != nil {
			t.Error(err)
		}
		on.store.closed.Store(true)
	}
	err := <-done
	if !errors.Is(err, why) {
		t.Errorf("%s: %v, want one that wraps %q", c.name, err, why)
	}
	switch refused := c.retries && refuses; {
	case end == "Close" && errors.Is(err, context.Canceled):
		t.Errorf("%s is told of a context that it did not give: %v", c.name, err)
	case end != "Close" && refused &&
		(!errors.Is(err, fault.ErrInjected) || !strings.Contains(err.Error(), "times")):
		t.Errorf("%s: %v, want what was tried, and what the store failed with last", c.name, err)
	}
	if n := on.store.late.Load(); n > 0 {
		t.Errorf("%d commits after Close", n)
	}
	on.fault.Mend()
	if err := on.app.Close(); err != nil {
		t.Error(err)
	}
}

// Drop tries again what the store refuses, and gives up at once what trying again won't repair.
func TestDropTriesAgain(t *testing.T) {
	for stored, store := range waitingStores {
		t.Run(stored, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &deadStore{Store: store()}
				on := openTroubled(t, s, fault.Refuse, fault.Commit)
				app, f := on.app, on.fault
				f.Begin()
				dropped := make(chan error, 1)
				go func() {
					n, err := app.Drop(t.Context(), nil)
					if err == nil && n != 1 {
						err = fmt.Errorf("%d letters are dropped", n)
					}
					dropped <- err
				}()
				if time.Sleep(time.Minute); len(dropped) > 0 {
					t.Fatalf("Drop did not wait: %v", <-dropped)
				}
				s.dead.Store(true)
				f.Mend()
				if err := <-dropped; !errors.Is(err, brook.ErrPermanent) {
					t.Errorf("Drop of a store that is gone: %v", err)
				}
				s.dead.Store(false)
				f.Begin()
				go func() {
					time.Sleep(time.Minute)
					f.Mend()
				}()
				if n, err := app.Drop(t.Context(), nil); n != 1 || err != nil {
					t.Errorf("Drop: %d, %v", n, err)
				}
				if left := letters(t, app); len(left) != 0 {
					t.Errorf("letters that are left: %v", left)
				}
				if err := app.CatchUp(t.Context()); err != nil {
					t.Error(err)
				}
				if account, err := app.Views.Accounts.Get("a"); err != nil || account.Balance != 1 {
					t.Errorf("what came behind the letter: %+v, %v", account, err)
				}
				if err := app.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// deadStore is a store whose commits fail for good while it is dead.
type deadStore struct {
	brook.Store
	dead atomic.Bool
}

func (s *deadStore) Fenced() bool {
	f, ok := s.Store.(brook.Fenced)
	return ok && f.Fenced()
}

func (s *deadStore) Durable() bool { return true }

func (s *deadStore) Commit(ctx context.Context, b *brook.Batch) error {
	if s.dead.Load() {
		return fmt.Errorf("dead: %w", brook.ErrPermanent)
	}
	return s.Store.Commit(ctx, b)
}
