package engine_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/engine"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/internal/typed"
	"github.com/brookgen/brookgen/runtime/key"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// otherAccount is the row of another version of the ledger.
type otherAccount struct {
	ID string
	N  int
}

// otherLedger is another version of the ledger: what its handler of Opened does with the rows is up
// to the caller.
func otherLedger(handle func(rows typed.Rows[string, otherAccount]) error) (*engine.Definition, *typed.Collection[string, otherAccount]) {
	opened := taggingEvent(ledger.OpenedType)
	rows := &typed.Collection[string, otherAccount]{Name: "accounts", Shape: "string",
		AppendKey: key.AppendString[string], DecodeKey: key.DecodeString[string],
		Key: func(v *otherAccount) *string { return &v.ID }}
	rows.Indexes = []typed.IndexDef[otherAccount]{{Field: "N", Shape: "int64", Entries: func(v *otherAccount, e *brook.Entries) {
		e.Add(key.AppendInt(e.Bytes(), int64(v.N)))
	}}}
	return &engine.Definition{Sets: []string{"Set"}, Collections: []*brook.Collection{rows.Def()},
		Events:   []*brook.EventDef{opened},
		Handlers: []engine.Handler{{Name: "Opened", Event: ledger.OpenedType, Writes: []int{0}}},
		Lane: func(tx *engine.Tx) func(*engine.Delivery) {
			at := typed.RowsOf(tx, 0, rows)
			return func(m *engine.Delivery) {
				if e := engine.Decode[tagging](m, opened); e != nil {
					m.Handle(0, func(context.Context) error { return handle(at) })
				}
			}
		}}, rows
}

// Rows that another version of the package keeps in the same mapstore, as values of its own types,
// are ErrUnreadable, and never a panic: to readers, to handlers whatever these do with them, and to
// an index that is filled. A rebuild makes them anew.
func TestRowsOfAnotherVersionInMemoryAreUnreadable(t *testing.T) {
	for name, handle := range map[string]func(rows typed.Rows[string, otherAccount]) error{
		"Get": func(rows typed.Rows[string, otherAccount]) error {
			_, err := rows.Lend().Get("a")
			return err
		},
		"Get ignored": func(rows typed.Rows[string, otherAccount]) error {
			_, _ = rows.Lend().Get("a")
			return nil
		},
		"All": func(rows typed.Rows[string, otherAccount]) error {
			_, err := brook.Values(rows.Lend().All())
			return err
		},
		"Merge": func(rows typed.Rows[string, otherAccount]) error {
			rows.Apply(brook.Merge("a", func(*otherAccount) {}))
			return nil
		},
		"Create": func(rows typed.Rows[string, otherAccount]) error {
			rows.Apply(brook.Create("a", otherAccount{ID: "a"}))
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			d, s := memdriver.New(), mapstore.New()
			c := config(d, s)
			app := ledgerOver(t, c)
			if _, err := app.Publish.Opened(t.Context(), ledger.Opened{Account: "a"}); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(app.CatchUp(t.Context()), app.Close()); err != nil {
				t.Fatal(err)
			}
			c.OnStale = brook.GoOn
			def, rows := otherLedger(handle)
			other, err := engine.NewApp(c, def)
			if err != nil {
				t.Fatal(err)
			}
			defer other.Close()
			view := typed.ViewOf(other.Source(), 0, rows)
			unreadable := func(what string, err error) {
				t.Helper()
				if !errors.Is(err, brook.ErrUnreadable) ||
					!strings.Contains(err.Error(), "accounts") {
					t.Errorf("%s: %v", what, err)
				}
			}
			_, err = view.Get("a")
			unreadable("Get", err)
			_, err = brook.Values(view.All())
			unreadable("All", err)
			_, err = brook.Map(view.All())
			unreadable("Map", err)
			for _, err := range view.Watch(t.Context(), "a") {
				unreadable("Watch", err)
			}
			letters := 0
			at(t, d, min_(0), "a", ledger.OpenedType, `{"ID":"a"}`)
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- other.Run(ctx) }()
			if err := other.WaitFor(t.Context(),
				brook.Position{Topic: "ledger", Offset: 1}); !errors.Is(err, brook.ErrDeadLetter) {
				t.Errorf("WaitFor: %v", err)
			}
			cancel()
			if err := <-done; err != nil {
				t.Errorf("Run: %v", err)
			}
			for l, err := range other.DeadLetters() {
				if letters++; err != nil || !strings.Contains(l.Error, "Rebuild") {
					t.Errorf("letter %s, %v", l, err)
				}
			}
			if letters != 1 {
				t.Errorf("%d letters, want 1", letters)
			}
		})
	}
}
