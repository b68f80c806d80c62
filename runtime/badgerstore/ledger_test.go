package badgerstore_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// still is a log that stays as it is in every process that makes it: it has one identity, and what
// apps publish goes to out.
type still struct {
	brook.Driver
	out io.Writer
}

func (d still) Partitions(ctx context.Context, topics ...string) ([]brook.Partition, error) {
	all, err := d.Driver.Partitions(ctx, topics...)
	for i := range all {
		all[i].Log = "still"
	}
	return all, err
}

func (d still) Publish(_ context.Context, records []brook.Record) ([]brook.Position, error) {
	positions := make([]brook.Position, len(records))
	for i, r := range records {
		for _, h := range r.Headers {
			if h.Key == "ce_id" {
				if _, err := fmt.Fprintf(d.out, "%s\n", h.Value); err != nil {
					return nil, err
				}
			}
		}
		positions[i] = brook.Position{Topic: "elsewhere"}
	}
	return positions, nil
}

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
	return still{d, out}, errors.Join(err, app.Close())
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

var errFail = errors.New("made to fail")

// audit fails on request.
func audit() *ledger.Audit {
	return &ledger.Audit{Do: func(_ context.Context, e brook.Event[ledger.Moved]) error {
		if e.Data.Order == "fail" {
			return errFail
		}
		return nil
	}}
}

func newApp(t testing.TB, driver brook.Driver, store brook.Store) *ledger.App {
	t.Helper()
	c := config(driver, store)
	c.BatchSize = 20
	app, err := ledger.NewApp(c, ledger.Books{}, audit())
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

// observed is what can be seen of an app, without what differs when it was stopped.
type observed struct {
	Accounts []ledger.Account
	Lines    []brook.Entry[ledger.LineKey, ledger.Line]
	Notes    map[string]ledger.Note
	ByEmail  map[string][]string
	History  map[string][]string
	Letters  []string
}

func observe(t testing.TB, app *ledger.App) (all observed) {
	t.Helper()
	check := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	var err error
	all.Accounts, err = app.Views.Accounts.Values()
	check(err)
	all.Notes, err = app.Views.Notes.Map()
	check(err)
	for e, err := range app.Views.Lines.All() {
		check(err)
		all.Lines = append(all.Lines, e)
	}
	all.ByEmail, all.History = map[string][]string{}, map[string][]string{}
	for i := range 9 {
		id := fmt.Sprint(i)
		for a, err := range app.Views.Accounts.ByEmail(id) {
			check(err)
			all.ByEmail[id] = append(all.ByEmail[id], a.ID)
		}
		events, err := app.Views.Accounts.Events(id)
		check(err)
		for _, e := range events {
			all.History[id] = append(all.History[id],
				fmt.Sprintf("%s %s %v", e.Position, e.Type, e.Data))
		}
	}
	for l, err := range app.DeadLetters() {
		check(err)
		all.Letters = append(all.Letters,
			fmt.Sprint(l.Position, l.Stage, l.Set, l.Error, l.Attempts))
	}
	return all
}

// onePass returns what a log amounts to when nothing goes wrong.
func onePass(t testing.TB, d still) observed {
	t.Helper()
	d.out = io.Discard
	app := newApp(t, d, mapstore.New())
	caughtUp(t, app)
	want := observe(t, app)
	if len(want.Letters) == 0 || len(want.Accounts) == 0 || len(want.Notes) == 0 ||
		len(want.History) == 0 {
		t.Fatalf("a dull story: %.2000v", want)
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	return want
}

func same(t testing.TB, got, want observed) {
	t.Helper()
	a, b := reflect.ValueOf(got), reflect.ValueOf(want)
	for i := range a.NumField() {
		if !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()) {
			t.Errorf("%s\n got %.2000v\nwant %.2000v", a.Type().Field(i).Name,
				a.Field(i), b.Field(i))
		}
	}
}
