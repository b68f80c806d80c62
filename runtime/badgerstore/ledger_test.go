package badgerstore_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// still is an apptest.Still without the further powers of drivers: it keeps no marks, by which one
// app would know what another one did.
type still struct {
	brook.Driver
	log *memdriver.Driver
}

func stillOf(d *memdriver.Driver, out io.Writer) still { return still{apptest.StillOf(d, out), d} }

func config(driver brook.Driver, store brook.Store) brook.Config {
	return brook.Config{Author: "ledger", Driver: driver, Store: store,
		Log:   slog.New(slog.DiscardHandler),
		Retry: brook.Retry{Attempts: 3, Min: time.Microsecond, Max: time.Millisecond}}
}

// newStill makes a log of a story of n events, the same for the same seed. Over several partitions
// no event concerns two accounts.
func newStill(seed uint64, partitions, n int, out io.Writer) (still, error) {
	d := memdriver.New(memdriver.Partitions(partitions))
	app, err := ledger.NewApp(config(apptest.Dated(d), mapstore.New()), ledger.Books{},
		&ledger.Audit{})
	if err != nil {
		return still{}, err
	}
	rnd := rand.New(rand.NewPCG(seed, 1))
	_, err = app.PublishAll(context.Background(), func(yield func(brook.Outgoing) bool) {
		for i := 0; i < n; i++ {
			e := event(rnd, i, partitions == 1)
			if !yield(e) {
				return
			}
			// and opened again, for what comes behind a failure waits
			if closed, ok := e.(brook.Emission[ledger.Closed]); ok {
				data, _ := closed.Data()
				if i++; !yield(brook.Emit(ledger.Opened{Account: data.Account, Email: "1"})) {
					return
				}
			}
		}
	})
	return stillOf(d, out), errors.Join(err, app.Close())
}

func event(rnd *rand.Rand, i int, across bool) brook.Outgoing {
	const accounts = 9
	account := fmt.Sprint(rnd.IntN(accounts))
	if i < accounts {
		return brook.Emit(ledger.Opened{Account: fmt.Sprint(i), Email: "0"})
	}
	switch rnd.IntN(12) {
	case 0:
		return brook.Emit(ledger.Opened{Account: account, Email: fmt.Sprint(rnd.IntN(4)),
			Tags: []string{account}})
	case 1:
		if rnd.IntN(4) == 0 && i > 20 {
			return brook.Emit(ledger.Closed{Account: account})
		}
	}
	e := ledger.Moved{Account: account, Cents: rnd.Int64N(50),
		Order: []string{"", "", "", "emit", "quiet"}[rnd.IntN(5)]}
	if i%500 == 499 {
		e.Order = "fail"
	}
	if across && rnd.IntN(8) == 0 {
		e.From = fmt.Sprint(rnd.IntN(accounts))
	}
	return brook.Emit(e)
}

func newApp(t testing.TB, driver brook.Driver, store brook.Store) *ledger.App {
	t.Helper()
	c := config(driver, store)
	c.BatchSize = 20
	app, err := ledger.NewApp(c, ledger.Books{}, apptest.FailOnDemand())
	if err != nil {
		t.Fatal(err)
	}
	return app
}

func caughtUp(t testing.TB, app *ledger.App) {
	t.Helper()
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// onePass returns what a log amounts to when nothing goes wrong.
func onePass(t testing.TB, d still) apptest.Observed {
	t.Helper()
	app := newApp(t, stillOf(d.log, io.Discard), mapstore.New())
	caughtUp(t, app)
	want := apptest.Observe(t, app)
	if len(want.Letters) == 0 || len(want.Accounts) == 0 || len(want.Notes) == 0 ||
		len(want.History) == 0 {
		t.Fatalf("a dull story: %.2000v", want)
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	return want
}
