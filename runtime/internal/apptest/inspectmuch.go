package apptest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/inspect"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// InspectMuch inspects an app that holds many rows and letters. However many there are, what a page
// allocates is bounded.
func InspectMuch(t *testing.T, store brook.Store, rows, letters int) {
	app, err := ledger.NewApp(brook.Config{
		Author: "ledger", Driver: memdriver.New(memdriver.Partitions(1)), Store: store,
		Log: slog.New(slog.DiscardHandler), MaxDeadLetters: 2 * letters,
		Retry: brook.Retry{Attempts: 1},
	}, ledger.Books{}, &ledger.Audit{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	}()
	ctx, seen := t.Context(), app.Inspect()
	_, err = app.PublishAll(ctx, func(yield func(brook.Outgoing) bool) {
		for n := range rows {
			opened := ledger.Opened{Account: fmt.Sprintf("%06d", n), Email: fmt.Sprint(n % 10)}
			if !yield(brook.Emit(opened)) {
				return
			}
		}
		for n := range letters / 2 { // two sets fail
			moved := ledger.Moved{Account: fmt.Sprint("nobody", n%100), Cents: int64(n)}
			if !yield(brook.Emit(moved)) {
				return
			}
		}
	})
	if err == nil {
		err = app.CatchUp(ctx)
	}
	if err != nil {
		t.Fatal(err)
	}
	first, err := seen.Letters(ctx, inspect.LetterFilter{}, inspect.Page{Limit: 1})
	id := got(t, first, err).Letters[0].ID
	value := "7"
	middle, err := seen.Rows(ctx, "accounts", inspect.RowQuery{From: fmt.Sprintf("%06d", rows/2)})
	last := inspect.Page{After: got(t, middle, err).Next, Limit: inspect.MaxLimit, Reverse: true}
	for name, call := range map[string]func() error{
		"structure": func() error { seen.Structure(); return nil },
		"rows": func() error {
			_, err := seen.Rows(ctx, "accounts", inspect.RowQuery{})
			return err
		},
		"rows, downwards": func() error {
			_, err := seen.Rows(ctx, "accounts", inspect.RowQuery{Page: last})
			return err
		},
		"rows by index": func() error {
			_, err := seen.Rows(ctx, "accounts", inspect.RowQuery{Index: "Email", Value: &value})
			return err
		},
		"story": func() error {
			_, err := seen.Story(ctx, "accounts", "000007", 0)
			return err
		},
		"letters": func() error {
			_, err := seen.Letters(ctx, inspect.LetterFilter{}, inspect.Page{Reverse: true})
			return err
		},
		"letters that nothing fits": func() error {
			_, err := seen.Letters(ctx, inspect.LetterFilter{Error: "?"}, inspect.Page{})
			return err
		},
		"letter": func() error {
			_, err := seen.Letter(ctx, id)
			return err
		},
		"jobs":   func() error { _, err := seen.Jobs(ctx, inspect.Page{}); return err },
		"timers": func() error { _, err := seen.Timers(ctx, inspect.Page{}); return err },
		"parked": func() error { _, err := seen.Parked(ctx, inspect.Page{}); return err },
	} {
		took, bytes, err := cost(call)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		t.Logf("%s: %s, %d KiB", name, took.Round(10*time.Microsecond), bytes>>10)
		most := uint64(24 << 20)
		if name == "letter" || name == "letters that nothing fits" {
			most = 96 << 20 // they look at thousands, one after the other
		}
		if bytes > most {
			t.Errorf("%s allocates %d MiB", name, bytes>>20)
		}
	}
	if err := through(ctx, seen, rows); err != nil {
		t.Error(err)
	}
}

// cost returns how long a call takes, and how many bytes it allocates: the least of three calls, as
// the store allocates for itself meanwhile.
func cost(call func() error) (took time.Duration, bytes uint64, err error) {
	for n := range 3 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		started := time.Now()
		err = errors.Join(err, call())
		one := time.Since(started)
		runtime.ReadMemStats(&after)
		size := after.TotalAlloc - before.TotalAlloc
		if n == 0 || one < took {
			took = one
		}
		if n == 0 || size < bytes {
			bytes = size
		}
	}
	return took, bytes, err
}

// through goes through all rows, page by page.
func through(ctx context.Context, seen inspect.Inspector, rows int) error {
	q, n := inspect.RowQuery{Page: inspect.Page{Limit: inspect.MaxLimit}}, 0
	for {
		page, err := seen.Rows(ctx, "accounts", q)
		if err != nil {
			return err
		}
		n += len(page.Rows)
		if q.After = page.Next; page.Next == "" {
			break
		}
	}
	if n != rows {
		return fmt.Errorf("%d rows, want %d", n, rows)
	}
	return nil
}
