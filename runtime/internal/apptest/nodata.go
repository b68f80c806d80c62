package apptest

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// EventsWithoutData checks that the letter of an event without data has its value as it was, null
// or empty, also after the app is opened again, after a rebuild and after a redrive in vain, and
// that it can be redriven.
func EventsWithoutData(t *testing.T, store brook.Store) {
	driver := memdriver.New()
	var fixed atomic.Bool
	open := func() *ledger.App {
		app, err := ledger.NewApp(brook.Config{Author: "ledger", Driver: driver, Store: store,
			Log: slog.New(slog.DiscardHandler)}, ledger.Books{},
			&ledger.Audit{Do: func(context.Context, brook.Event[ledger.Moved]) error {
				if fixed.Load() {
					return nil
				}
				return errBroken
			}})
		if err != nil {
			t.Fatal(err)
		}
		return app
	}
	record := func(key, typ string, value []byte) brook.Record {
		return brook.Record{Topic: "ledger", Key: []byte(key), Value: value,
			Headers: []brook.Header{{Key: "ce_specversion", Value: []byte("1.0")},
				{Key: "ce_id", Value: nil}, {Key: "ce_type", Value: []byte(typ)}}}
	}
	if _, err := driver.Publish(t.Context(),
		[]brook.Record{record("null", ledger.OpenedType, nil),
			record("empty", ledger.OpenedType, []byte{}), record("null", ledger.MovedType, nil),
			record("empty", ledger.MovedType, []byte{})}); err != nil {
		t.Fatal(err)
	}
	app := open()
	defer func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	}()
	check := func(when string) {
		t.Helper()
		n := 0
		for l, err := range app.DeadLetters() {
			if err != nil {
				t.Fatal(err)
			}
			n++
			if isNull := string(l.Key) == "null"; l.Record.Value == nil != isNull ||
				len(l.Record.Value) > 0 || l.Omitted > 0 {
				t.Errorf("%s: the letter of %s has the value %#v", when, l.Key, l.Record.Value)
			}
		}
		if n != 2 {
			t.Errorf("%s: %d letters", when, n)
		}
	}
	redrive := func(want int) {
		t.Helper()
		if n, err := app.Redrive(t.Context(), nil); n != want || err != nil {
			t.Fatalf("%d are redriven, %v", n, err)
		}
	}
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	check("folded")
	if err := app.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	check("rebuilt")
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	app = open()
	check("opened again")
	redrive(0)
	check("redriven in vain")
	fixed.Store(true)
	redrive(2)
	for _, key := range []string{"null", "empty"} {
		if a, err := app.Views.Accounts.Get(key); err != nil || a.ID != key || a.Moves != 1 {
			t.Errorf("account %s: %+v, %v", key, a, err)
		}
		if history, err := app.Views.Accounts.EventsOfMoved(key); err != nil || len(history) != 1 ||
			history[0].Data.Account != key {
			t.Errorf("history of %s: %+v, %v", key, history, err)
		}
	}
}
