package brooktest_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/brooktest"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

// emails returns the accounts that the index finds.
func emails(t *testing.T, app *ledger.App, email string) (ids []string) {
	t.Helper()
	for a, err := range app.Views.Accounts.ByEmail(email) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, a.ID)
	}
	return ids
}

func TestSeed(t *testing.T) {
	s := brooktest.New(t, openWith(&ledger.Audit{}))
	s.Given(opened("a"))
	rows := map[string]ledger.Account{"a": {Email: "new", Balance: 5, Tags: []string{"x"}},
		"b": {ID: "b", Email: "new"}}
	brooktest.Seed(t, s.App.Views.Accounts, rows)
	rows["a"].Tags[0] = "changed"
	brooktest.Equal(t, brook.Must(brook.Map(s.App.Views.Accounts.All())), map[string]ledger.Account{
		"a": {ID: "a", Email: "new", Balance: 5, Tags: []string{"x"}},
		"b": {ID: "b", Email: "new"}})
	brooktest.Equal(t, emails(t, s.App, "new"), []string{"a", "b"})
	brooktest.Equal(t, emails(t, s.App, "a@example.org"), nil)
	brooktest.Equal(t, len(brook.Must(s.App.Views.Accounts.Events("a"))), 0)

	brooktest.Seed(t, s.App.Views.Accounts, map[string]ledger.Account{"c": {}}, opened("c"),
		moved("c", 1, ""))
	past := brook.Must(s.App.Views.Accounts.Events("c"))
	if len(past) != 2 || past[0].Type != ledger.OpenedType {
		t.Fatalf("history %+v", past)
	}
	brooktest.Equal(t, past[1].Data, ledger.AccountsEvent(ledger.Moved{Account: "c", Cents: 1}))
	brooktest.Seed(t, s.App.Views.Lines,
		map[ledger.LineKey]ledger.Line{{Account: "a", Number: 1}: {Cents: 1}}, opened("c"))
	brooktest.Equal(t, brook.Must(brook.Values(s.App.Views.Lines.All())), []ledger.Line{{Cents: 1}})

	s.When(moved("a", 7, ""))
	brooktest.Equal(t, brook.Must(s.App.Views.Accounts.Get("a")).Balance, 12)
}

func TestSeedThatCanNotBe(t *testing.T) {
	s := brooktest.New(t, openWith(&ledger.Audit{}))
	for want, seed := range map[string]func(t *fakeT){
		"the value's key field is \"y\"": func(t *fakeT) {
			brooktest.Seed(t, s.App.Views.Accounts,
				map[string]ledger.Account{"ok": {}, "x": {ID: "y"}})
		},
		"only the views of an app": func(t *fakeT) {
			brooktest.Seed(t, brooktest.View(map[string]int{}), map[string]int{"a": 1})
		},
		"is no event of this package": func(t *fakeT) {
			brooktest.Seed(t, s.App.Views.Accounts, nil, brook.Emit(1))
		},
	} {
		if got := run(seed); !strings.Contains(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	brooktest.Equal(t, brook.Must(brook.Map(s.App.Views.Accounts.All())), nil) // all or none
}

func TestClear(t *testing.T) {
	s := brooktest.New(t, func(c brook.Config) (*ledger.App, error) {
		c.BatchSize = 2
		return ledger.NewApp(c, ledger.Books{}, &ledger.Audit{})
	})
	s.Given(opened("a"), opened("b"), opened("c"), moved("a", 1, ""), moved("a", 1, ""),
		moved("b", 1, ""))
	brooktest.Clear(t, s.App, "accounts")
	brooktest.Equal(t, brook.Must(brook.Map(s.App.Views.Accounts.All())), nil)
	brooktest.Equal(t, emails(t, s.App, "a@example.org"), nil)
	brooktest.Equal(t, len(brook.Must(s.App.Views.Accounts.Events("a"))), 0)
	brooktest.Equal(t, len(brook.Must(brook.Map(s.App.Views.Notes.All()))), 2)
	brooktest.Clear(t, s.App)
	brooktest.Equal(t, len(brook.Must(brook.Map(s.App.Views.Notes.All())))+len(brook.Must(brook.Map(s.App.Views.Lines.All()))), 0)
	brooktest.Clear(t, s.App)

	s.When(opened("a"), moved("a", 3, ""))
	brooktest.Equal(t, brook.Must(s.App.Views.Accounts.Get("a")).Balance, 3)
	brooktest.Equal(t, emails(t, s.App, "a@example.org"), []string{"a"})
	brooktest.Equal(t, len(brook.Must(s.App.Views.Accounts.Events("a"))), 2)
	if got := run(func(t *fakeT) {
		brooktest.Clear(t, s.App, "acounts")
	}); got != `brooktest: brook: clear: there is no collection "acounts", but ["accounts" "lines" "notes"]` {
		t.Errorf("%q", got)
	}
}

// A store that refuses commits leaves everything as it was.
func TestSeedAndClearOnABrokenStore(t *testing.T) {
	store := &brokenStore{Store: mapstore.New()}
	s := brooktest.New(t, func(c brook.Config) (*ledger.App, error) {
		c.Store = store
		return ledger.NewApp(c, ledger.Books{}, &ledger.Audit{})
	})
	s.Given(opened("a"))
	store.err = errBroken
	for _, f := range []func(t *fakeT){
		func(t *fakeT) { brooktest.Clear(t, s.App) },
		func(t *fakeT) {
			brooktest.Seed(t, s.App.Views.Accounts,
				map[string]ledger.Account{"b": {Email: "b"}})
		},
	} {
		if got := run(f); !strings.Contains(got, "broken") {
			t.Errorf("%q", got)
		}
	}
	store.err = nil
	brooktest.Equal(t, len(brook.Must(brook.Map(s.App.Views.Accounts.All()))), 1)
	s.When(moved("a", 1, ""))
	brooktest.Equal(t, brook.Must(s.App.Views.Accounts.Get("a")).Balance, 1)
	brooktest.Equal(t, emails(t, s.App, "b"), nil)
}

type brokenStore struct {
	brook.Store
	err error
}

func (s *brokenStore) Commit(ctx context.Context, b *brook.Batch) error {
	if s.err != nil {
		return s.err
	}
	return s.Store.Commit(ctx, b)
}

// Seeding and clearing go on beside an app that runs.
func TestSeedAndClearBesideRun(t *testing.T) {
	driver := brooktest.NewDriver()
	app, err := ledger.NewApp(brook.Config{Author: "ledger", Driver: driver, Store: mapstore.New(),
		Log: slog.New(slog.DiscardHandler)}, ledger.Books{}, &ledger.Audit{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := app.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	defer running.Wait()
	defer stop()
	for round := range 20 {
		for i := range 10 {
			if _, err := app.Publish.Opened(ctx,
				ledger.Opened{Account: fmt.Sprint(i), Email: "same"}); err != nil {
				t.Fatal(err)
			}
		}
		brooktest.Seed(t, app.Views.Accounts,
			map[string]ledger.Account{"seed": {Email: "same"}})
		if _, err := app.Views.Accounts.Get("seed"); err != nil &&
			!errors.Is(err, brook.ErrNotFound) {
			t.Fatal(err)
		}
		brooktest.Clear(t, app)
		pos, err := app.Publish.Opened(ctx,
			ledger.Opened{Account: "last", Email: fmt.Sprint(round)})
		if err == nil {
			err = app.WaitFor(ctx, pos)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range emails(t, app, "same") {
			if _, err := app.Views.Accounts.Get(id); err != nil {
				t.Error(err)
			}
		}
		brooktest.Equal(t, emails(t, app, fmt.Sprint(round)), []string{"last"})
	}
}
