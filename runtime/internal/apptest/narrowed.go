package apptest

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/key"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// Narrowed makes a store of bytes hold a row of an older shape whose number the code's type can't
// hold. Reading it returns an error that names the field, its events become letters that name
// Rebuild, all others go on, and Rebuild repairs it.
func Narrowed(t *testing.T, s brook.Store) {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	d := memdriver.New()
	open := func() *ledger.App {
		app, err := ledger.NewApp(brook.Config{Author: "ledger", Driver: d, Store: s,
			Log:   slog.New(slog.DiscardHandler),
			Retry: brook.Retry{Min: time.Microsecond, Max: time.Millisecond}}, ledger.Books{},
			&ledger.Audit{})
		check(err)
		return app
	}
	put := func(table string, key, value []byte) {
		raw, err := s.Table(t.Context(), brook.TableSpec{Name: "ledger/1/" + table})
		check(err)
		check(s.Commit(t.Context(),
			&brook.Batch{Writes: []brook.Write{{Table: raw, Key: key, Value: value}}}))
	}
	app := open()
	for _, account := range []string{"a", "b"} {
		_, err := app.Publish.Opened(t.Context(), ledger.Opened{Account: account})
		check(err)
	}
	check(app.CatchUp(t.Context()))
	check(app.Close())
	put("shapes", []byte("accounts\x00\x00\x00\x00\x09"), []byte("{id string,moves uint64}"))
	put("rows/accounts", key.AppendString(nil, "a"),
		[]byte("\x09\x92\xa1a\xcf\x80\x00\x00\x00\x00\x00\x00\x00"))
	app = open()
	defer func() { check(app.Close()) }()
	for _, account := range []string{"a", "b"} {
		_, err := app.Publish.Moved(t.Context(), ledger.Moved{Account: account, Cents: 1})
		check(err)
	}
	check(app.CatchUp(t.Context()))
	letters := 0
	for l, err := range app.DeadLetters() {
		check(err)
		if letters++; string(l.Record.Key) != "a" || !strings.Contains(l.Error, "Rebuild") ||
			!strings.Contains(l.Error, "moves") {
			t.Errorf("letter %v", l)
		}
	}
	if letters == 0 {
		t.Error("there is no letter")
	}
	if _, err := app.Views.Accounts.Get("a"); err == nil ||
		!strings.Contains(err.Error(), "out of range for int") {
		t.Errorf("Get: %v", err)
	}
	if b, err := app.Views.Accounts.Get("b"); err != nil || b.Balance != 1 {
		t.Errorf("the other key has %+v, %v", b, err)
	}
	check(app.Rebuild(t.Context()))
	if a, err := app.Views.Accounts.Get("a"); err != nil || a.Balance != 1 || a.Moves != 1 {
		t.Errorf("rebuilt: %+v, %v", a, err)
	}
	for l, err := range app.DeadLetters() {
		t.Errorf("a letter is left: %v, %v", l, err)
	}
}
