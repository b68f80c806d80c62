package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/internal/people"
	"github.com/brookgen/brookgen/runtime/memdriver"
	"github.com/brookgen/brookgen/runtime/storetest"
)

// ledgerTables are the tables of a ledger's generation.
var ledgerTables = []string{"rows/accounts", "rows/lines", "rows/notes", "index/accounts/Email",
	"positions", "letters", "folded", "dropped", "owed", "shapes"}

// filled gives a store in which the ledger has something in most tables, and its log.
func filled(t *testing.T) (*memdriver.Driver, brook.Store) {
	t.Helper()
	d, s := memdriver.New(), newStore()
	var b breaker
	h := open(t, config(d, s), &ledger.Audit{Do: b.do})
	h.opened("a")
	h.wait(h.move("a", 1, ""))
	h.fails(h.move("a", 2, "fail"))
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	if err := h.App.Close(); err != nil {
		t.Fatal(err)
	}
	return d, s
}

// replaced folds the log with code that has none of the ledger's collections.
func replaced(t *testing.T, d brook.Driver, s brook.Store) *people.App {
	t.Helper()
	c := config(d, s)
	app, err := people.NewApp(c, people.Registry{}, &people.Post{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { app.Close() })
	return app
}

func wantNothingLeft(t *testing.T, s brook.Store, generation string) {
	t.Helper()
	for _, name := range ledgerTables {
		table, err := s.Table(t.Context(),
			brook.TableSpec{Name: "ledger/" + generation + "/" + name})
		if err != nil {
			t.Fatal(err)
		}
		for row, err := range s.Latest().Scan(t.Context(), table, nil, nil) {
			t.Errorf("left in %s: %q, %v", name, row.Key, err)
		}
	}
}

func TestRebuildRemovesCollectionsThatAreNoMore(t *testing.T) {
	d, s := filled(t)
	if err := replaced(t, d, s).CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantNothingLeft(t, s, "1")
}

// A rebuild that can't remove the old views leaves it to the next open, whose code knows them as
// little.
func TestOpenRemovesCollectionsThatAreNoMore(t *testing.T) {
	d, s := filled(t)
	fault := storetest.NewFault(storetest.CrashBefore, 11, storetest.OpDrop) // after the 10 tables of the generation that begins
	app := replaced(t, d, storetest.Faulty(s, fault))
	ctx, cancel := fault.Until(t.Context())
	defer cancel()
	if err := app.CatchUp(ctx); err == nil {
		t.Log("the crash came after the switch")
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	if len(rawRows(t, s, "1/shapes")) == 0 {
		t.Fatal("the old views are gone before the open")
	}
	app = replaced(t, d, s)
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantNothingLeft(t, s, "1")
}

// A collection that the code lost while it went on with stale views is removed with them later.
func TestCollectionsLostWhileGoingOnAreRemoved(t *testing.T) {
	d, s := filled(t)
	c := config(d, s)
	c.OnStale = brook.GoOn
	app, err := people.NewApp(c, people.Registry{}, &people.Post{})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if rows := rawRows(t, s, "1/positions"); len(rows) == 0 {
		t.Fatal("it did not go on with generation 1")
	}
	if err := app.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := app.CatchUp(t.Context()); err != nil { // it waits for the removal
		t.Fatal(err)
	}
	wantNothingLeft(t, s, "1")
}

// earlierLayout makes the ledger's state one of layout 2.
func earlierLayout(state map[string]any) {
	for _, name := range []string{"Folds", "Made", "Mixed", "Kept", "Serial", "Stamp"} {
		delete(state, name)
	}
	state["Layout"] = 2
	state["Indexes"] = []string{"accounts Email string false"}
	state["Fingerprint"] = []string{"collection accounts is keyed by string",
		"collection lines is keyed by string int64",
		"collection notes is keyed by string", "set Audit handles audit.noted",
		"set Audit handles money.moved", "set Books handles account.closed",
		"set Books handles account.opened", "set Books handles money.moved", "sets run in the order Books, Audit"}
}

// layout1 makes a store look like one of layout 1: the state does not name tables, and letters are
// JSON alone.
func layout1(t *testing.T, s brook.Store) {
	t.Helper()
	var state map[string]any
	if err := json.Unmarshal([]byte(rawRows(t, s, "state")["state"]), &state); err != nil {
		t.Fatal(err)
	}
	earlierLayout(state)
	state["Layout"] = 1
	delete(state, "Tables")
	data, err := json.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	rawPut(t, s, "state", []byte("state"), data)
	for key, letter := range rawRows(t, s, "1/letters") {
		d := json.NewDecoder(strings.NewReader(letter))
		var l map[string]any
		if err := d.Decode(&l); err != nil {
			t.Fatal(err)
		}
		l["Record"].(map[string]any)["Value"] = []byte(letter[d.InputOffset():])
		delete(l, "Length")
		delete(l, "Omitted")
		if data, err = json.Marshal(l); err != nil {
			t.Fatal(err)
		}
		rawPut(t, s, "1/letters", []byte(key), data)
	}
}

func TestLayout1IsRead(t *testing.T) {
	t.Run("by the same code", func(t *testing.T) {
		d, s := filled(t)
		layout1(t, s)
		app := ledgerOver(t, config(d, s))
		n := 0
		for l, err := range app.DeadLetters() {
			if n++; err != nil || !strings.Contains(string(l.Record.Value), `"order":"fail"`) ||
				l.Omitted != 0 {
				t.Errorf("letter %+v, %v", l, err)
			}
		}
		if n != 1 {
			t.Errorf("%d letters", n)
		}
		if n, err := app.Redrive(t.Context(), nil); n != 1 || err != nil {
			t.Errorf("redriven: %d, %v", n, err)
		}
		if state := rawRows(t, s, "state")["state"]; !strings.Contains(state, `"Layout":3`) {
			t.Errorf("the state is still %s", state)
		}
	})
	t.Run("by other code", func(t *testing.T) {
		d, s := filled(t)
		layout1(t, s)
		if err := replaced(t, d, s).CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantNothingLeft(t, s, "1")
	})
}

func TestNewerLayoutIsRefused(t *testing.T) {
	d, s := filled(t)
	state := rawRows(t, s, "state")["state"]
	rawPut(t, s, "state", []byte("state"),
		[]byte(strings.Replace(state, `"Layout":3`, `"Layout":4`, 1)))
	_, err := ledger.NewApp(config(d, s), ledger.Books{}, &ledger.Audit{})
	if err == nil || errors.Is(err, brook.ErrConfig) ||
		!strings.Contains(err.Error(), "layout 4") || !strings.Contains(err.Error(), "newer") {
		t.Errorf("NewApp: %v", err)
	}
}

// An index that is new in the code answers ErrNotReady until Run or CatchUp has filled it, and is
// committed in parts where the store takes less at once.
func TestFilledIndexFitsTheStore(t *testing.T) {
	d, s := filled(t)
	h := open(t, config(d, s), &ledger.Audit{})
	for i := range 40 {
		h.opened(strings.Repeat("x", i+1))
	}
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	state := rawRows(t, s, "state")["state"]
	rawPut(t, s, "state", []byte("state"), []byte(strings.Replace(strings.Replace(state,
		`accounts Email string`, `accounts Other string`, 1), `"Folds":"`, `"Folds":"other`, 1)))
	spy := newSpy(s)
	largest := 0
	spy.onCommit(func(_ context.Context, b *brook.Batch, do func() error) error {
		if len(b.Writes) > 3 {
			return brook.ErrTooLarge
		}
		largest = max(largest, len(b.Writes))
		return do()
	})
	app := ledgerOver(t, config(d, spy))
	if _, err := app.Views.Accounts.Get("x"); err != nil {
		t.Errorf("a read before it is filled: %v", err)
	}
	for _, err := range app.Views.Accounts.ByEmail("x@example.org") {
		if !errors.Is(err, brook.ErrNotReady) {
			t.Errorf("a look-up before it is filled: %v", err)
		}
	}
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		id, n := strings.Repeat("x", i+1), 0
		for a, err := range app.Views.Accounts.ByEmail(id + "@example.org") {
			if n++; err != nil || a.ID != id {
				t.Errorf("account %+v, %v", a, err)
			}
		}
		if n != 1 {
			t.Errorf("%d accounts by the address of %s", n, id)
		}
	}
	if largest < 2 {
		t.Errorf("the largest commit had %d writes", largest)
	}
}
