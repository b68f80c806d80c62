package apptest

import (
	"context"
	"errors"
	"sync"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/inspect"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
)

// InspectFolding looks at an app while it folds, fails, redrives and rebuilds: each look succeeds,
// and none changes anything.
func InspectFolding(t *testing.T, store brook.Store) {
	x := newInspected(t, store)
	x.failing.Store(true)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	running, end := context.WithCancel(t.Context())
	defer end()
	done := make(chan error, 1)
	go func() { done <- x.app.Run(running) }()
	var looks sync.WaitGroup
	for _, look := range []func() error{
		func() error { _, err := x.seen.Rows(ctx, "accounts", inspect.RowQuery{}); return err },
		func() error {
			_, err := x.seen.Rows(ctx, "accounts", inspect.RowQuery{Index: "Email"})
			return err
		},
		func() error { _, err := x.seen.Story(ctx, "accounts", "a", 0); return err },
		func() error { _, err := x.seen.Story(ctx, "notes", "a", 0); return err },
		func() error {
			l, err := x.seen.Letters(ctx, inspect.LetterFilter{}, inspect.Page{Limit: 1})
			if err == nil && len(l.Letters) > 0 {
				_, err = x.seen.Letter(ctx, l.Letters[0].ID)
			}
			if errors.Is(err, brook.ErrNotFound) { // it was redriven
				err = nil
			}
			return err
		},
		func() error { _, err := x.seen.DryRun(ctx, inspect.LetterFilter{}); return err },
		func() error { _, err := x.seen.Parked(ctx, inspect.Page{}); return err },
		func() error { _, err := x.seen.Generations(ctx); return err },
		func() error { x.seen.Structure(); x.seen.Counts(); return nil },
	} {
		looks.Go(func() {
			for ctx.Err() == nil {
				if err := look(); err != nil && ctx.Err() == nil {
					t.Error(err)
					return
				}
			}
		})
	}
	taken, moves := x.counts(), 0
	for n := range 30 {
		order := []string{"", "fail", "emit"}[n%3]
		name := x.names[n%len(x.names)]
		moved := ledger.Moved{Account: name, Cents: int64(n), Order: order}
		pos, err := x.app.Publish.Moved(ctx, moved)
		if err == nil {
			err = x.app.WaitFor(ctx, pos)
		}
		if err != nil && !errors.Is(err, brook.ErrDeadLetter) {
			t.Error(err)
		}
		moves++
		if n == 15 {
			x.failing.Store(false)
			if _, err := x.seen.Redrive(ctx, inspect.LetterFilter{}); err != nil {
				t.Error(err)
			}
			if err := x.app.Rebuild(ctx); err != nil {
				t.Error(err)
			}
		}
	}
	stop()
	looks.Wait()
	end()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if n := x.counts() - taken; n < moves {
		t.Errorf("Books took %d moves, want %d", n, moves)
	}
	if x.seen.Counts().Since.IsZero() {
		t.Error("the counts are since no time")
	}
}

// counts returns how many moves Books took.
func (x *inspected) counts() int {
	for i, h := range x.seen.Structure().Handlers {
		if h.Set == "Books" && h.Name == "Moved" {
			return int(x.seen.Counts().Handlers[i].Taken)
		}
	}
	x.Fatal("Books has no handler of moves")
	return 0
}
