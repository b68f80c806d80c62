package apptest

import (
	"fmt"
	"log/slog"
	"slices"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// Pinned holds an app over a store to this: who reads the views while a rebuild replaces them
// sees them as they were until the read ends, and what was replaced is removed after that. removed
// reports whether that of a number is gone.
func Pinned(t *testing.T, store brook.Store, removed func(generation int) bool) {
	app, err := ledger.NewApp(brook.Config{
		Author: "ledger", Driver: memdriver.New(), Store: store, KeepReplaced: -1,
		Log: slog.New(slog.DiscardHandler),
	}, ledger.Books{}, &ledger.Audit{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	}()
	check := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	for i := range 5 {
		_, err := app.Publish.Opened(t.Context(),
			ledger.Opened{Account: fmt.Sprint(i), Email: "same"})
		check(err)
		_, err = app.Publish.Moved(t.Context(), ledger.Moved{Account: fmt.Sprint(i), Cents: 1})
		check(err)
	}
	check(app.CatchUp(t.Context()))
	generation := 1
	// rebuilt replaces the views, twice, and removes what nobody reads.
	rebuilt := func() {
		t.Helper()
		for range 2 {
			check(app.Rebuild(t.Context()))
			check(app.CatchUp(t.Context()))
		}
		if removed(generation) {
			t.Error("the generation that is read is removed")
		}
		generation += 2
	}
	ids := []string{"0", "1", "2", "3", "4"}
	want := func(what string, got []string) {
		t.Helper()
		if !slices.Equal(got, ids) {
			t.Errorf("%s: %q, want %q", what, got, ids)
		}
		check(app.CatchUp(t.Context()))
		if !removed(generation-2) || !removed(generation-1) {
			t.Errorf("%s: what was replaced is not removed once nobody reads it", what)
		}
	}
	all := func(views ledger.Views) (got []string) {
		for e, err := range views.Accounts.All() {
			check(err)
			got = append(got, e.Key)
		}
		return got
	}

	var got []string
	check(app.Views.Snapshot(t.Context(), func(views ledger.Views) error {
		rebuilt()
		if n, err := views.Accounts.Len(); n != 5 || err != nil {
			t.Errorf("the snapshot has %d accounts, %v", n, err)
		}
		if a, err := views.Accounts.Get("1"); a.Moves != 1 || err != nil {
			t.Errorf("the snapshot has %+v, %v", a, err)
		}
		if events, err := views.Accounts.Events("1"); len(events) != 2 || err != nil {
			t.Errorf("the snapshot has the events %v, %v", events, err)
		}
		got = all(views)
		return nil
	}))
	want("Snapshot", got)

	got = nil
	for a, err := range app.Views.Accounts.ByEmail("same") {
		check(err)
		if len(got) == 0 {
			rebuilt()
		}
		got = append(got, a.ID)
	}
	want("ByEmail", got)

	got = nil
	for e, err := range app.Views.Accounts.Range("0", "9") {
		check(err)
		if len(got) == 0 {
			rebuilt()
		}
		got = append(got, e.Key)
	}
	want("Range", got)
	want("after it all", all(app.Views))
}
