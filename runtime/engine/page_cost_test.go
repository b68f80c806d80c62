package engine_test

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// paged is a store that counts the rows that scans of its snapshots yield.
type paged struct {
	brook.Store
	rows *int
}

func (s paged) Snapshot(ctx context.Context) (brook.Snapshot, error) {
	snap, err := s.Store.Snapshot(ctx)
	return pagedSnapshot{snap, s.rows}, err
}

type pagedSnapshot struct {
	brook.Snapshot
	rows *int
}

func (r pagedSnapshot) count(rows iter.Seq2[brook.Row, error]) iter.Seq2[brook.Row, error] {
	return func(yield func(brook.Row, error) bool) {
		for row, err := range rows {
			*r.rows++
			if !yield(row, err) {
				return
			}
		}
	}
}

func (r pagedSnapshot) Scan(
	ctx context.Context, t brook.Table, from, to []byte,
) iter.Seq2[brook.Row, error] {
	return r.count(r.Snapshot.Scan(ctx, t, from, to))
}

func (r pagedSnapshot) Reverse(
	ctx context.Context, t brook.Table, from, to []byte,
) iter.Seq2[brook.Row, error] {
	return r.count(r.Snapshot.(brook.Reverser).Reverse(ctx, t, from, to))
}

// A page costs the rows that it has, in either order, of a view as of an index.
func TestPageCost(t *testing.T) {
	t.Parallel()
	rows := 0
	app, err := ledger.NewApp(brook.Config{Author: "ledger", Driver: memdriver.New(),
		Store: paged{mapstore.New(), &rows}, Log: slog.New(slog.DiscardHandler)},
		ledger.Books{}, &ledger.Audit{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	}()
	_, err = app.PublishAll(t.Context(), func(yield func(brook.Outgoing) bool) {
		for n := range 3000 {
			if !yield(brook.Emit(ledger.Opened{Account: fmt.Sprintf("%04d", n), Email: "one"})) {
				return
			}
		}
	})
	if err == nil {
		err = app.CatchUp(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, reverse := range []bool{false, true} {
		page := brook.Page[string]{After: new("1500"), Limit: 10, Reverse: reverse}
		for what, entries := range map[string]iter.Seq2[brook.Entry[string, ledger.Account], error]{
			"view":  app.Views.Accounts.Page(page),
			"index": app.Views.Accounts.EmailIndex().Page("one", page),
		} {
			rows = 0
			n, first := 0, "1501"
			if reverse {
				first = "1499"
			}
			for e, err := range entries {
				if err != nil || n == 0 && e.Key != first {
					t.Errorf("the %s begins with %v, %v", what, e.Key, err)
				}
				n++
			}
			// Rows that an index finds are read by their keys, and the store yields one row more at most.
			if n != 10 || rows > 11 {
				t.Errorf("a page of the %s, reverse %v, has %d rows and costs %d", what, reverse, n, rows)
			}
		}
	}
}
