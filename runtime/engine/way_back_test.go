package engine_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/engine"
	"github.com/brookgen/brookgen/runtime/internal/bytestore"
	"github.com/brookgen/brookgen/runtime/internal/deploy/v1"
	"github.com/brookgen/brookgen/runtime/internal/deploy/v1b"
	"github.com/brookgen/brookgen/runtime/internal/deploy/v2"
	"github.com/brookgen/brookgen/runtime/memdriver"
	"github.com/brookgen/brookgen/runtime/storetest"
)

// disk is a store of bytes that outlives the process, as far as an app knows.
type disk struct{ *bytestore.Store }

func (disk) Durable() bool { return true }

// deployed is a log and a store over which versions of the code run in turn.
type deployed struct {
	*testing.T
	ctx     context.Context
	driver  *memdriver.Driver
	store   brook.Store
	change  func(*brook.Config) // nil: nothing
	reports []brook.RebuildReport
}

func newDeployed(t *testing.T) *deployed {
	return &deployed{T: t, ctx: t.Context(), driver: memdriver.New(), store: disk{bytestore.New()}}
}

func (d *deployed) config() brook.Config {
	c := config(d.driver, d.store)
	c.Hooks.Rebuilt = func(r brook.RebuildReport) { d.reports = append(d.reports, r) }
	if d.change != nil {
		d.change(&c)
	}
	return c
}

// codeOnly is version 1 with other code and the same structure: it counts cents twice.
const codeOnly = 11

// as folds the log with a version of the code, and returns the users with their cents, and letters:
// "a=5 b=7 Orders@3".
func (d *deployed) as(number int) (seen string, err error) {
	d.Helper()
	d.reports = nil
	var app *engine.App
	var users iter.Seq2[string, error]
	switch number {
	case 1:
		v, err := v1.NewApp(d.config(), v1.Orders{})
		if err != nil {
			return "", err
		}
		app, users = v.App, texts(v.Views.Users.All, func(u v1.User) int64 { return u.Cents })
	case codeOnly:
		v, err := v1b.NewApp(d.config(), v1b.Orders{})
		if err != nil {
			return "", err
		}
		app, users = v.App, texts(v.Views.Users.All, func(u v1b.User) int64 { return u.Cents })
	default:
		v, err := v2.NewApp(d.config(), v2.Orders{})
		if err != nil {
			return "", err
		}
		app, users = v.App, texts(v.Views.Users.All, func(u v2.User) int64 { return u.Total })
	}
	defer app.Close()
	if err := app.CatchUp(d.ctx); err != nil {
		return "", err
	}
	var all []string
	for user, err := range users {
		if err != nil {
			return "", err
		}
		all = append(all, user)
	}
	for l, err := range app.DeadLetters() {
		if err != nil {
			return "", err
		}
		all = append(all, fmt.Sprintf("%s@%d", l.Set, l.Position.Offset))
	}
	return strings.Join(all, " "), nil
}

// texts yields users as texts.
func texts[V any](
	all func() iter.Seq2[brook.Entry[string, V], error], cents func(V) int64,
) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for row, err := range all() {
			if !yield(fmt.Sprintf("%s=%d", row.Key, cents(row.Value)), err) {
				return
			}
		}
	}
}

// place publishes orders: "user cents fails".
func (d *deployed) place(orders ...string) {
	d.Helper()
	c := config(d.driver, bytestore.New())
	c.Name = "producer"
	app, err := v1.NewApp(c, v1.Orders{})
	if err != nil {
		d.Fatal(err)
	}
	defer app.Close()
	for _, order := range orders {
		var e v1.Placed
		if _, err := fmt.Sscanf(order+" -", "%s %d %s", &e.User, &e.Cents, &e.Fails); err != nil {
			d.Fatal(err)
		}
		e.Order, e.Fails = order, strings.Trim(e.Fails, "-")
		if _, err := app.Publish.Placed(d.ctx, e); err != nil {
			d.Fatal(err)
		}
	}
}

func (d *deployed) want(number int, users string) {
	d.Helper()
	if got, err := d.as(number); got != users || err != nil {
		d.Errorf("version %d: %s, %v; want %s", number, got, err, users)
	}
}

// bills returns how often each order was billed.
func (d *deployed) bills() map[string]int {
	d.Helper()
	all := map[string]int{}
	for _, r := range records(d.T, d.driver, "bills") {
		all[string(r.Key)]++
	}
	return all
}

// wantReturned checks whether the last start went back to kept views.
func (d *deployed) wantReturned(want bool) {
	d.Helper()
	if len(d.reports) != 1 || d.reports[0].Returned != want || !d.reports[0].Promoted {
		d.Errorf("reports: %+v, want returned %v", d.reports, want)
	}
}

// A rollback gets the views of the earlier code back, with what came since, and so does the way
// forward again. Each order is billed once.
func TestWayBack(t *testing.T) {
	d := newDeployed(t)
	d.place("a 1", "b 2 v1", "b 3", "c 4 always")
	d.want(1, "a=1 Orders@1 Orders@2 Orders@3")
	d.place("a 10")
	d.want(2, "a=11 b=5 Orders@3")
	d.wantReturned(false)
	d.place("a 100", "d 6")
	// What the log lost since does not matter: a rebuild would be refused.
	if err := d.driver.Trim("ledger", 0, 4); err != nil {
		t.Fatal(err)
	}
	d.want(1, "a=111 b=3 d=6 Orders@3") // b's first order is v2's deed
	d.wantReturned(true)
	if r := d.reports[0]; r.Dealt != 1 {
		t.Errorf("report: %+v", r)
	}
	d.place("b 1000")
	d.want(1, "a=111 b=1003 d=6 Orders@3")
	d.want(2, "a=111 b=1005 d=6 Orders@3")
	d.wantReturned(true)
	want := map[string]int{"a 1": 1, "b 2 v1": 1, "b 3": 1, "a 10": 1, "a 100": 1, "d 6": 1, "b 1000": 1}
	if got := d.bills(); !maps.Equal(got, want) {
		t.Errorf("bills: %v", got)
	}
}

// Views are made anew if none are kept: because the configuration says so, they are too old, or the
// store forgets.
func TestNoWayBack(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, d *deployed){
		"off": func(_ *testing.T, d *deployed) {
			d.change = func(c *brook.Config) { c.KeepReplaced = -1 }
		},
		"forgets": func(_ *testing.T, d *deployed) { d.store = bytestore.New() },
		"expires": nil,
	} {
		t.Run(name, func(t *testing.T) {
			d := newDeployed(t)
			if change != nil {
				change(t, d)
			}
			d.place("a 1", "b 2")
			d.want(1, "a=1 b=2")
			d.want(2, "a=1 b=2")
			left := len(rawRows(t, d.store, "1/rows/users"))
			if change == nil {
				if left == 0 {
					t.Fatal("the replaced views are gone")
				}
				alter(t, d.store, func(state map[string]any) {
					old := time.Now().Add(-2 * time.Hour).UTC().Format(time.RFC3339Nano)
					state["Replaced"] = map[string]any{"1": old}
				})
				d.want(2, "a=1 b=2") // removes it
				left = len(rawRows(t, d.store, "1/rows/users"))
			}
			if left != 0 {
				t.Errorf("%d rows of the replaced views are left", left)
			}
			d.want(1, "a=1 b=2")
			d.wantReturned(false)
		})
	}
}

// If the log is another one at the position of the kept views, they are of no use, and the views
// are made anew.
func TestKeptViewsThatTheLogLeftBehind(t *testing.T) {
	d := newDeployed(t)
	d.change = func(c *brook.Config) { c.OnRetention = brook.GoOn }
	d.place("a 1", "b 2")
	d.want(1, "a=1 b=2")
	d.want(2, "a=1 b=2")
	d.place("c 3", "d 4")
	d.want(2, "a=1 b=2 c=3 d=4")
	if err := d.driver.Trim("ledger", 0, 3); err != nil { // behind them by one event
		t.Fatal(err)
	}
	d.want(1, "d=4")
	d.wantReturned(false)
}

// Whichever commit of the way back the process dies at, before or after it, the next start ends at
// the same views, and every order is billed once.
func TestWayBackAcrossCrashes(t *testing.T) {
	for _, kind := range []storetest.FaultKind{storetest.CrashBefore, storetest.CrashAfter} {
		for n, struck := 1, true; struck; n++ {
			d := newDeployed(t)
			d.place("a 1", "b 2 v1", "b 3")
			d.want(1, "a=1 Orders@1 Orders@2")
			d.want(2, "a=1 b=5")
			d.place("a 10", "c 4")
			d.want(2, "a=11 b=5 c=4")
			whole := d.store
			f := storetest.NewFault(kind, n, storetest.OpCommit, storetest.OpDrop)
			d.store = storetest.Faulty(whole, f)
			var end func()
			d.ctx, end = f.Until(t.Context())
			_, err := d.as(1)
			end()
			if struck = f.Struck(); struck && !f.Crashed() {
				t.Errorf("operation %d: %v", n, err)
			}
			d.ctx, d.store = t.Context(), whole
			got, err := d.as(1)
			if got != "a=11 b=3 c=4" || err != nil {
				t.Errorf("operation %d: %s, %v", n, got, err)
			}
			want := map[string]int{"a 1": 1, "b 2 v1": 1, "b 3": 1, "a 10": 1, "c 4": 1}
			if bills := d.bills(); !maps.Equal(bills, want) {
				t.Errorf("operation %d: bills %v", n, bills)
			}
			if n == 1 && !struck {
				t.Fatal("nothing was committed")
			}
		}
	}
}

// What this code can't handle, and the live views could, refuses the way back, each time: it is
// told from what failed already when the views were replaced.
func TestWayBackIsGuarded(t *testing.T) {
	d := newDeployed(t)
	d.place("a 1", "b 2 v1")
	d.want(1, "a=1 Orders@1")
	d.want(2, "a=1 b=2")
	d.place("e 7 v1")
	d.want(2, "a=1 b=2 e=7")
	for range 2 {
		_, err := d.as(1)
		if !errors.Is(err, brook.ErrRebuildRefused) || !strings.Contains(err.Error(), "ledger/0/2") {
			t.Errorf("version 1: %v", err)
		}
		if len(d.reports) != 1 || !d.reports[0].Returned {
			t.Errorf("reports: %+v", d.reports)
		}
	}
}

// Run holds back what comes while stale views are rebuilt, so that other code does not fold into
// those that are kept.
func TestWayBackAfterRun(t *testing.T) {
	d := newDeployed(t)
	d.place("a 1", "b 2")
	d.want(1, "a=1 b=2")
	d.place("a 10")
	app, err := v2.NewApp(d.config(), v2.Orders{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- app.Run(ctx) }()
	err = app.WaitFor(ctx, brook.Position{Topic: "ledger", Offset: 2})
	stop()
	if err = errors.Join(err, <-ran, app.Close()); err != nil {
		t.Fatal(err)
	}
	d.wantReturned(false)
	d.want(1, "a=11 b=2")
	d.wantReturned(true)
}
