package apptest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/inspect"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/key"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// Inspections are tests of what can be inspected of apps over a store that is empty.
var Inspections = map[string]func(*testing.T, brook.Store){
	"rows": InspectRows, "letters": InspectLetters, "stories": InspectStories,
	"swaps": InspectSwaps, "jobs": InspectJobs, "timers": InspectTimers, "pii": InspectPII,
	"folding": InspectFolding,
}

// inspected is an app of the ledger that is inspected, with names that are hard to show.
type inspected struct {
	*testing.T
	app     *ledger.App
	seen    inspect.Inspector
	failing atomic.Bool // moves whose order is "fail" fail
	names   []string    // of accounts, sorted
}

// hostile are names of accounts that are hard to show, sorted.
var hostile = []string{
	"", "\x00\x01", "\"quoted\\", "%2F", "<script>alert(1)</script>", "a", "a/b", "hex:00", "z\xff?",
	"ä\u2028ö",
}

// newInspected folds accounts that each have an email, tags, and three moves; those of "a" more
// than its history keeps.
func newInspected(t *testing.T, store brook.Store) *inspected {
	x := &inspected{T: t}
	for _, name := range hostile {
		x.names = append(x.names, strings.ToValidUTF8(name, "\uFFFD")) // as it is in JSON
	}
	slices.Sort(x.names)
	audit := &ledger.Audit{Do: func(_ context.Context, e brook.Event[ledger.Moved]) error {
		switch {
		case e.Data.Order == "panic":
			panic("<b>" + e.Data.Account)
		case e.Data.Order == "fail" && x.failing.Load():
			return fmt.Errorf("no: %q <b>", e.Data.Account)
		}
		return nil
	}}
	app, err := ledger.NewApp(brook.Config{
		Author: "ledger", Driver: memdriver.New(memdriver.Partitions(2)), Store: store,
		Log:   slog.New(slog.DiscardHandler),
		Retry: brook.Retry{Attempts: 2, Min: time.Microsecond, Max: time.Millisecond},
	}, ledger.Books{}, audit)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
	x.app, x.seen = app, app.Inspect()
	var events []brook.Outgoing
	for i, name := range x.names {
		events = append(events, brook.Emit(ledger.Opened{
			Account: name, Email: fmt.Sprintf("<%d>", i%3), Tags: []string{name, "\u2028</b>"},
		}))
		moves := 3
		if name == "a" {
			moves = 8
		}
		for n := range moves {
			events = append(events, brook.Emit(ledger.Moved{Account: name, Cents: int64(n + 1)}))
		}
	}
	x.fold(events...)
	return x
}

// fold publishes events and folds them.
func (x *inspected) fold(events ...brook.Outgoing) {
	x.Helper()
	if _, err := x.app.PublishAll(x.Context(), slices.Values(events)); err != nil {
		x.Fatal(err)
	}
	if err := x.app.CatchUp(x.Context()); err != nil {
		x.Fatal(err)
	}
}

// got returns v, or ends the test with an error.
func got[T any](t testing.TB, v T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// InspectRows goes through rows page by page, by key and by index, in both directions and while
// they are removed, and finds each as its view has it.
func InspectRows(t *testing.T, store brook.Store) {
	x := newInspected(t, store)
	ctx := t.Context()
	n, err := x.seen.Count(ctx, "accounts")
	if got(t, n, err) != len(x.names) {
		t.Errorf("%d accounts, want %d", n, len(x.names))
	}
	for _, reverse := range []bool{false, true} {
		var found []string
		q := inspect.RowQuery{Page: inspect.Page{Limit: 3, Reverse: reverse}}
		for {
			page, err := x.seen.Rows(ctx, "accounts", q)
			for _, row := range got(t, page, err).Rows {
				found = append(found, x.account(row))
			}
			if q.After = page.Next; page.Next == "" {
				break
			}
			if len(page.Rows) != 3 {
				t.Fatalf("%d rows, and there are more", len(page.Rows))
			}
		}
		want := slices.Clone(x.names)
		if reverse {
			slices.Reverse(want)
		}
		if !slices.Equal(found, want) {
			t.Errorf("reverse %t: rows are %q, want %q", reverse, found, want)
		}
	}
	x.byIndex()
	x.lines()
	x.cursors()
	x.foreign()
	x.mistakes()
	x.unreadable(store)
}

// unreadable looks at rows that nobody can read, among others.
func (x *inspected) unreadable(store brook.Store) {
	ctx := x.Context()
	table, err := store.Table(ctx, brook.TableSpec{Name: "ledger/1/rows/lines"})
	got(x, table, err)
	rows, err := x.seen.Rows(ctx, "lines", inspect.RowQuery{})
	before := got(x, rows, err).Rows
	for n, damage := range []string{"", "\xff", "\x07\x92\x01\x02", "\x01\xc1", "\x01\x92\x01"} {
		k := key.AppendInt(key.AppendString(nil, "0"), n)
		got(x, 0, store.Commit(ctx, &brook.Batch{Writes: []brook.Write{
			{Table: table, Key: k, Value: []byte(damage)},
		}}))
	}
	rows, err = x.seen.Rows(ctx, "lines", inspect.RowQuery{})
	all := got(x, rows, err).Rows
	if len(all) != min(len(before)+5, inspect.DefaultLimit) {
		x.Errorf("with rows that are damaged there are %d, want 5 more than %d", len(all),
			len(before))
	}
	unreadable := 0
	for _, row := range all {
		if row.Unreadable == "" {
			continue
		}
		unreadable++
		again, err := x.seen.Row(ctx, "lines", row.Key)
		if err != nil || again.Unreadable != row.Unreadable {
			x.Errorf("the row %s is %+v, %v", row.Key, again, err)
		}
		if _, err := x.seen.Story(ctx, "lines", row.Key, 0); err != nil {
			x.Error(err)
		}
	}
	if unreadable != 5 {
		x.Errorf("%d rows can't be read, want 5", unreadable)
	}
}

// account returns the ID of a row of accounts, which is as its view has it.
func (x *inspected) account(row inspect.Row) string {
	x.Helper()
	var shown ledger.Account
	if err := json.Unmarshal(row.Value, &shown); err != nil {
		x.Fatalf("%s: %v", row.Value, err)
	}
	want, err := x.app.Views.Accounts.Get(shown.ID)
	if err != nil || !reflect.DeepEqual(shown, want) {
		x.Errorf("the row is %+v, in the view it is %+v, %v", shown, want, err)
	}
	again, err := x.seen.Row(x.Context(), "accounts", row.Key)
	if err != nil || string(again.Value) != string(row.Value) || row.Size != len(row.Value) {
		x.Errorf("by the key %q the row is %s of %d bytes, %v", row.Key, again.Value, row.Size, err)
	}
	return shown.ID
}

// byIndex finds accounts by their email.
func (x *inspected) byIndex() {
	ctx := x.Context()
	for i := range 3 {
		email := fmt.Sprintf("<%d>", i)
		q := inspect.RowQuery{Index: "Email", Value: &email, Page: inspect.Page{Limit: 2}}
		var found []string
		for {
			page, err := x.seen.Rows(ctx, "accounts", q)
			for _, row := range got(x, page, err).Rows {
				found = append(found, x.account(row))
			}
			if q.After = page.Next; page.Next == "" {
				break
			}
		}
		var want []string
		for n, name := range x.names {
			if n%3 == i {
				want = append(want, name)
			}
		}
		if !slices.Equal(found, want) {
			x.Errorf("email %s: %q, want %q", email, found, want)
		}
	}
	page, err := x.seen.Rows(ctx, "accounts", inspect.RowQuery{Index: "Email", From: "<1>"})
	if n := len(got(x, page, err).Rows); n != len(x.names)-(len(x.names)+2)/3 {
		x.Errorf("%d rows have an email from <1> on", n)
	}
}

// lines looks at rows with composite keys.
func (x *inspected) lines() {
	page, err := x.seen.Rows(x.Context(), "lines", inspect.RowQuery{From: "a%2Fb/2"})
	rows := got(x, page, err).Rows
	if len(rows) < 2 || rows[0].Key != "a%2Fb/2" ||
		string(rows[0].Value) != `{"cents":2,"balance":3}` {
		x.Errorf("the rows from a%%2Fb/2 on are %+v", rows)
	}
	for _, q := range []inspect.RowQuery{
		{From: "a%2Fb"}, {From: "a", Page: inspect.Page{Reverse: true}},
	} {
		page, err := x.seen.Rows(x.Context(), "lines", q)
		rows := got(x, page, err).Rows
		if want := map[bool]string{false: "a%2Fb/", true: "a/"}[q.Reverse]; len(rows) < 2 ||
			!strings.HasPrefix(rows[0].Key, want) || !strings.HasPrefix(rows[1].Key, want) {
			x.Errorf("the rows from the beginning %s on are %+v", q.From, rows)
		}
	}
	_, err = x.seen.Rows(x.Context(), "lines", inspect.RowQuery{From: "a/b"})
	if !errors.Is(err, inspect.ErrMistaken) || strings.Contains(err.Error(), "corrupt") ||
		!strings.Contains(err.Error(), "of the form string/int") {
		x.Errorf("from a/b: %v", err)
	}
	row, err := x.seen.Row(x.Context(), "lines", "a/8")
	if got(x, row, err).Unreadable != "" || string(row.Value) != `{"cents":8,"balance":36}` {
		x.Errorf("line 8 is %s", row.Value)
	}
}

// cursors goes on behind a row that is gone.
func (x *inspected) cursors() {
	q := inspect.RowQuery{Page: inspect.Page{Limit: 4}}
	first, err := x.seen.Rows(x.Context(), "accounts", q)
	last := x.account(got(x, first, err).Rows[3])
	x.fold(brook.Emit(ledger.Closed{Account: last}))
	x.names = slices.DeleteFunc(x.names, func(n string) bool { return n == last })
	q.After = first.Next
	next, err := x.seen.Rows(x.Context(), "accounts", q)
	if id := x.account(got(x, next, err).Rows[0]); id != x.names[3] {
		x.Errorf("the row behind one that is gone is %q, want %q", id, x.names[3])
	}
}

func (x *inspected) row(collection, key string) func() error {
	return func() error {
		_, err := x.seen.Row(x.Context(), collection, key)
		return err
	}
}
