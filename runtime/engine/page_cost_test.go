package engine_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"slices"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/internal/people"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// paged is a store that counts the rows that scans of its readers yield.
type paged struct {
	brook.Store
	rows *int
}

func (s paged) Latest() brook.Reader { return pagedReader{s.Store.Latest(), s.rows} }

func (s paged) Snapshot(ctx context.Context) (brook.Snapshot, error) {
	snap, err := s.Store.Snapshot(ctx)
	return pagedSnapshot{pagedReader{snap, s.rows}, snap}, err
}

type pagedSnapshot struct {
	pagedReader
	io.Closer
}

type pagedReader struct {
	brook.Reader
	rows *int
}

func (r pagedReader) count(rows iter.Seq2[brook.Row, error]) iter.Seq2[brook.Row, error] {
	return func(yield func(brook.Row, error) bool) {
		for row, err := range rows {
			*r.rows++
			if !yield(row, err) {
				return
			}
		}
	}
}

func (r pagedReader) Scan(
	ctx context.Context, t brook.Table, from, to []byte,
) iter.Seq2[brook.Row, error] {
	return r.count(r.Reader.Scan(ctx, t, from, to))
}

func (r pagedReader) Reverse(
	ctx context.Context, t brook.Table, from, to []byte,
) iter.Seq2[brook.Row, error] {
	return r.count(r.Reader.(brook.Reverser).Reverse(ctx, t, from, to))
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

// So it does in a handler, which sees what its batch changed.
func TestPageCostInHandlers(t *testing.T) {
	t.Parallel()
	rows, pages := 0, 0
	post := &people.Post{Instead: func(
		_ brook.Event[people.Wrote], all brook.View[int64, people.Person],
		_ brook.Index[people.Email, int64, people.Person],
	) (c brook.Change[int64, people.Person], _ brook.Effect, err error) {
		for _, reverse := range []bool{false, true} {
			rows = 0
			n, first := 0, int64(1501)
			if reverse {
				first = 1499
			}
			page := brook.Page[int64]{After: new(int64(1500)), Limit: 10, Reverse: reverse}
			for e, err := range all.Page(page) {
				if err != nil || n == 0 && e.Key != first {
					t.Errorf("the page begins with %v, %v", e.Key, err)
				}
				n++
			}
			// The store yields the rows that are changed as well, and one more at most.
			if n != 10 || rows > 11 {
				t.Errorf("a page, reverse %v, has %d rows and costs %d", reverse, n, rows)
			}
			pages++
		}
		return brook.Merge(int64(1), func(p *people.Person) { p.Letters++ }), nil, nil
	}}
	app, err := people.NewApp(brook.Config{Author: "people", Driver: memdriver.New(),
		Store: paged{mapstore.New(), &rows}, Log: slog.New(slog.DiscardHandler)},
		people.Registry{}, post)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	}()
	fold := func(events iter.Seq[brook.Outgoing]) {
		t.Helper()
		_, err := app.PublishAll(t.Context(), events)
		if err == nil {
			err = app.CatchUp(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	joined := func(n int64) brook.Outgoing {
		return brook.Emit(people.Joined{ID: n, Email: people.Email(fmt.Sprint(n))})
	}
	fold(func(yield func(brook.Outgoing) bool) {
		for n := range int64(3000) {
			if !yield(joined(n)) {
				return
			}
		}
	})
	fold(slices.Values([]brook.Outgoing{joined(1498), joined(1502), brook.Emit(people.Wrote{})}))
	if pages != 2 {
		t.Errorf("%d pages were read, want 2", pages)
	}
	for l := range app.DeadLetters() {
		t.Error(l)
	}
}
