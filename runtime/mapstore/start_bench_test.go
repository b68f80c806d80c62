package mapstore_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// BenchmarkStart opens an app over a log of half a million events of 50,000 accounts and catches up:
// from nothing, and from a snapshot of all of it. It stands at the end of the log then.
func BenchmarkStart(b *testing.B) {
	const accounts, moves = 50_000, 9
	d := memdriver.New()
	path := filepath.Join(b.TempDir(), "views")
	start := func(b *testing.B, s *mapstore.Store) *ledger.App {
		app, err := openLedger(d, s)
		if err != nil {
			b.Fatal(err)
		}
		if err := app.CatchUp(context.Background()); err != nil {
			b.Fatal(err)
		}
		return app
	}
	end := func(b *testing.B, s *mapstore.Store, app *ledger.App) {
		if err := app.Close(); err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
	s := mapstore.New(mapstore.Snapshots(path, 0))
	app := start(b, s)
	_, err := app.PublishAll(b.Context(), func(yield func(brook.Outgoing) bool) {
		for i := range accounts * (1 + moves) {
			var e brook.Outgoing = brook.Emit(ledger.Moved{Account: fmt.Sprint(i % accounts), Cents: 1,
				Order: "quiet"})
			if i < accounts {
				e = brook.Emit(ledger.Opened{Account: fmt.Sprint(i), Email: "somebody@example.org"})
			}
			if !yield(e) {
				return
			}
		}
	})
	if err != nil {
		b.Fatal(err)
	}
	if err := app.CatchUp(b.Context()); err != nil {
		b.Fatal(err)
	}
	end(b, s, app)
	for _, how := range []string{"cold", "snapshot"} {
		b.Run(how, func(b *testing.B) {
			for b.Loop() {
				s := mapstore.New()
				if how == "snapshot" {
					s = mapstore.New(mapstore.Snapshots(path, 0))
				}
				app := start(b, s)
				b.StopTimer()
				if a, err := app.Views.Accounts.Get("7"); err != nil || a.Moves != moves {
					b.Fatal(a, err)
				}
				end(b, s, app)
				b.StartTimer()
			}
		})
	}
}
