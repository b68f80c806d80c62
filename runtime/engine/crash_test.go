package engine_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/brookgen/brookgen/internal/race"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/brooktest"
	"github.com/brookgen/brookgen/runtime/drivertest"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
	"github.com/brookgen/brookgen/runtime/storetest"
)

// story makes a log's worth of events: accounts that come, move money and go, with failures and
// emissions.
func story(rnd *rand.Rand, n int) []brook.Outgoing {
	account := func() string { return fmt.Sprint(rnd.IntN(5)) }
	events := make([]brook.Outgoing, 0, n)
	for i := range 5 {
		events = append(events, brook.Emit(ledger.Opened{Account: fmt.Sprint(i), Email: "0"}))
	}
	for range n {
		switch rnd.IntN(10) {
		case 0, 1:
			events = append(events, brook.Emit(ledger.Opened{Account: account(), Email: account(), Tags: []string{account()}}))
		case 2:
			events = append(events, brook.Emit(ledger.Closed{Account: account()}))
		default:
			e := ledger.Moved{Account: account(), Cents: rnd.Int64N(50),
				Order: []string{"", "", "", "emit", "quiet"}[rnd.IntN(5)]}
			if rnd.IntN(40) == 0 {
				e.Order = "fail"
			}
			if rnd.IntN(8) == 0 {
				e.From = account()
			}
			events = append(events, brook.Emit(e))
		}
	}
	return events
}

// apart leaves out what touches two accounts: what meets across partitions depends on their order.
func apart(events []brook.Outgoing) []brook.Outgoing {
	return slices.DeleteFunc(events, func(e brook.Outgoing) bool {
		m, ok := e.(brook.Emission[ledger.Moved])
		d, _ := m.Data()
		return ok && d.From != ""
	})
}

// told is what can be seen of an app that is the same however often it crashed.
type told struct {
	Accounts []ledger.Account
	Lines    []brook.Entry[ledger.LineKey, ledger.Line]
	Notes    map[string]ledger.Note
	ByEmail  map[string][]string
	History  map[string][]string
	Letters  []string
}

func tell(t *testing.T, app *ledger.App) (all told) {
	t.Helper()
	check := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	var err error
	all.Accounts, err = brook.Values(app.Views.Accounts.All())
	check(err)
	all.Notes, err = brook.Map(app.Views.Notes.All())
	check(err)
	for e, err := range app.Views.Lines.All() {
		check(err)
		all.Lines = append(all.Lines, e)
	}
	all.ByEmail, all.History = map[string][]string{}, map[string][]string{}
	for i := range 5 {
		id := fmt.Sprint(i)
		for a, err := range app.Views.Accounts.ByEmail(id) {
			check(err)
			all.ByEmail[id] = append(all.ByEmail[id], a.ID)
		}
		events, err := app.Views.Accounts.Events(id)
		check(err)
		for _, e := range events {
			all.History[id] = append(all.History[id], fmt.Sprintf("%s %v", e.Position, e.Data))
		}
	}
	for l, err := range app.DeadLetters() {
		check(err)
		all.Letters = append(all.Letters,
			fmt.Sprint(l.Position, l.Stage, l.Set, l.Error, l.Attempts))
	}
	return all
}

// log is a driver that holds the story.
func log(t *testing.T, partitions int, events []brook.Outgoing) *memdriver.Driver {
	t.Helper()
	d := memdriver.New(memdriver.Partitions(partitions))
	app, err := ledger.NewApp(config(d, newStore()), ledger.Books{}, &ledger.Audit{})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	_, err = app.PublishAll(t.Context(), func(yield func(brook.Outgoing) bool) {
		for _, e := range events {
			if !yield(e) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// catchUp folds the log through a driver and a store that may crash, and reports whether it got to
// the end.
func catchUp(t *testing.T, driver brook.Driver, store brook.Store,
	fault *storetest.Fault) (app *ledger.App, whole bool) {
	t.Helper()
	var b breaker
	c := config(driver, store)
	c.BatchSize = 4
	app, err := ledger.NewApp(c, ledger.Books{}, &ledger.Audit{Do: b.do})
	if err != nil {
		if fault.Crashed() || errors.Is(err, storetest.ErrInjected) {
			return nil, false
		}
		t.Fatal(err)
	}
	ctx, cancel := fault.Until(t.Context())
	defer cancel()
	err = app.CatchUp(ctx)
	if err != nil && !fault.Struck() {
		t.Fatal(err)
	}
	return app, err == nil
}

func TestViewsEqualOnePassWhateverFails(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 7))
	events := story(rnd, 80)
	count := storetest.NewFault(storetest.Fail, 0)
	d := log(t, 1, events)
	app, _ := catchUp(t, drivertest.Faulty(d, count), storetest.Faulty(newStore(), count), count)
	operations := count.Count()
	want := tell(t, app)
	if len(want.Letters) == 0 || len(want.Accounts) == 0 || len(want.Notes) == 0 {
		t.Fatalf("a dull story: %+v", want)
	}
	step := 1
	switch {
	case testing.Short():
		operations = 100
	case race.Enabled:
		step = 3
	}
	for _, kind := range []storetest.FaultKind{storetest.Fail, storetest.CrashBefore,
		storetest.CrashAfter, drivertest.Half} {
		for n := 1; n <= operations; n += step {
			d, s := log(t, 1, events), newStore()
			fault := storetest.NewFault(kind, n)
			if app, _ := catchUp(t, drivertest.Faulty(d, fault), storetest.Faulty(s, fault),
				fault); app != nil {
				if err := app.Close(); err != nil {
					t.Fatal(err)
				}
			}
			none := storetest.NewFault(storetest.Fail, 0)
			app, whole := catchUp(t, d, s, none)
			if !whole {
				t.Fatal("no end")
			}
			if got := tell(t, app); !reflect.DeepEqual(got, want) {
				t.Fatalf("fault kind %d at operation %d:\n%s", kind, n, brooktest.Diff(got, want))
			}
		}
	}
}

// TestViewsEqualANaiveModel folds random stories in many ways and compares with the plainest
// program that does the same.
func TestViewsEqualANaiveModel(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	for range 30 {
		events := story(rnd, 20+rnd.IntN(200))
		want := naive(events)
		d := log(t, 1, events)
		c := config(d, newStore())
		c.OnFailure = brook.GoOn
		c.BatchSize = 1 + rnd.IntN(50)
		var b breaker
		h := open(t, c, &ledger.Audit{Do: b.do})
		h.caughtUp()
		h.caughtUp() // with what was emitted
		got := map[string]ledger.Account{}
		for e, err := range h.Views.Accounts.All() {
			if err != nil {
				t.Fatal(err)
			}
			e.Value.Tags = nil
			got[e.Key] = e.Value
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("accounts\n got %v\nwant %v", got, want)
		}
		if err := h.stop(); err != nil {
			t.Fatal(err)
		}
	}
}

// naive is Books without brook.
func naive(events []brook.Outgoing) map[string]ledger.Account {
	accounts := map[string]ledger.Account{}
	for _, e := range events {
		switch e := e.(type) {
		case brook.Emission[ledger.Opened]:
			d, _ := e.Data()
			accounts[d.Account] = ledger.Account{ID: d.Account, Email: d.Email}
		case brook.Emission[ledger.Closed]:
			d, _ := e.Data()
			delete(accounts, d.Account)
		case brook.Emission[ledger.Moved]:
			d, _ := e.Data()
			a, ok := accounts[d.Account]
			from, fromOK := accounts[d.From]
			if !ok || d.From != "" && !fromOK {
				continue
			}
			if d.From == d.Account {
				a.Moves += 2
				accounts[d.Account] = a
				continue
			}
			a.Balance += d.Cents
			a.Moves++
			accounts[d.Account] = a
			if d.From != "" {
				from.Balance -= d.Cents
				from.Moves++
				accounts[d.From] = from
			}
		}
	}
	return accounts
}

// TestEveryWayOfRunningAgrees folds one log in one lane, in parallel lanes and by a rebuild.
func TestEveryWayOfRunningAgrees(t *testing.T) {
	d := log(t, 3, apart(story(rand.New(rand.NewPCG(9, 9)), 2000)))
	none := storetest.NewFault(storetest.Fail, 0)
	app, _ := catchUp(t, d, newStore(), none)
	want := tell(t, app)
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	var b breaker
	c := config(d, newStore())
	h := open(t, c, &ledger.Audit{Do: b.do})
	h.caughtUp()
	if got := tell(t, h.App); !reflect.DeepEqual(got, want) {
		t.Errorf("parallel lanes:\n%s", brooktest.Diff(got, want))
	}
	if err := h.Rebuild(h.ctx); err != nil {
		t.Fatal(err)
	}
	if got := tell(t, h.App); !reflect.DeepEqual(got, want) {
		t.Errorf("rebuild:\n%s", brooktest.Diff(got, want))
	}
}
