package engine_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// asked is a driver that counts what is asked of it.
type asked struct {
	*memdriver.Driver
	n atomic.Int32
}

func (d *asked) Partitions(ctx context.Context, topics ...string) ([]brook.Partition, error) {
	d.n.Add(1)
	return d.Driver.Partitions(ctx, topics...)
}

func (d *asked) Open(ctx context.Context, at brook.Position) (brook.PartitionReader, error) {
	d.n.Add(1)
	return d.Driver.Open(ctx, at)
}

// foldedFrom returns a store whose views were made from four events of a log, of which the last one
// is a dead letter.
func foldedFrom(t *testing.T, d brook.Driver) brook.Store {
	t.Helper()
	s := newStore()
	app := newLedger(t, config(d, s), &ledger.Audit{
		Do: func(context.Context, brook.Event[ledger.Moved]) error { return errors.New("bad") },
	})
	defer app.Close()
	openMany(t, app, "a", 3)
	moved1(t, app, "a0")
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// Who waits for an event of a log that the views were not made from hears so, whatever these hold
// at its offset, before Run finds it out and after.
func TestWaitForAnEventOfAnotherLog(t *testing.T) {
	for name, other := range map[string]func(*memdriver.Driver) *memdriver.Driver{
		"made anew": func(*memdriver.Driver) *memdriver.Driver { return memdriver.New() },
		"cut back": func(d *memdriver.Driver) *memdriver.Driver {
			if err := d.Truncate("ledger", 0, 1); err != nil {
				t.Fatal(err)
			}
			return d
		},
	} {
		for _, events := range []int{1, 4, 6} {
			for _, runs := range []bool{false, true} {
				d := memdriver.New()
				s := foldedFrom(t, d)
				d = other(d)
				app := newLedger(t, config(d, s), &ledger.Audit{})
				defer app.Close()
				last := openMany(t, app, "b", events)
				if runs {
					if err := app.Run(t.Context()); !errors.Is(err, brook.ErrLogChanged) {
						t.Fatalf("%s: Run: %v", name, err)
					}
				}
				for range 2 {
					err := app.WaitFor(t.Context(), last)
					if !errors.Is(err, brook.ErrLogChanged) || errors.Is(err, brook.ErrDeadLetter) ||
						!strings.Contains(err.Error(), "ledger/0") {
						t.Errorf("%s, %s, after Run %t: %v", name, last, runs, err)
					}
				}
			}
		}
	}
}

// A log that becomes another one while the app runs is known as such once Run has ended for it.
func TestWaitForAfterRunFoundAnotherLog(t *testing.T) {
	d := memdriver.New()
	app := newLedger(t, config(d, newStore()), &ledger.Audit{})
	defer app.Close()
	done := make(chan error, 1)
	go func() { done <- app.Run(t.Context()) }()
	if err := app.WaitFor(t.Context(), openMany(t, app, "a", 10)); err != nil {
		t.Fatal(err)
	}
	if err := d.Truncate("ledger", 0, 5); err != nil {
		t.Fatal(err)
	}
	first := openMany(t, app, "b", 1)
	if err := <-done; !errors.Is(err, brook.ErrLogChanged) {
		t.Fatalf("Run: %v", err)
	}
	if err := app.WaitFor(t.Context(), first); !errors.Is(err, brook.ErrLogChanged) {
		t.Errorf("who waits for an event of the new log: %v", err)
	}
}

// Before any Run, what the views show of the same log is there at once, and the driver is asked
// once. Of a log of which the store knows nothing, nothing is compared.
func TestWaitForBeforeRun(t *testing.T) {
	d := &asked{Driver: memdriver.New()}
	s := foldedFrom(t, d)
	app := newLedger(t, config(d, s), &ledger.Audit{})
	defer app.Close()
	at := brook.Position{Topic: "ledger", Offset: 2}
	if err := app.WaitFor(t.Context(), at); err != nil {
		t.Fatal(err)
	}
	before := d.n.Load()
	if err := app.WaitFor(t.Context(), at); err != nil {
		t.Fatal(err)
	}
	at.Offset++
	if err := app.WaitFor(t.Context(), at); !errors.Is(err, brook.ErrDeadLetter) {
		t.Errorf("the letter: %v", err)
	}
	if n := d.n.Load(); n != before {
		t.Errorf("the driver is asked %d times more", n-before)
	}
}

// A follower, which folds nothing, compares the log with what another process stored.
func TestWaitForWhatAnotherProcessFoldedOfAnotherLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newAnnouncing()
		folds := newLedger(t, config(memdriver.New(), s), &ledger.Audit{})
		defer folds.Close()
		follows := newLedger(t, config(memdriver.New(), s), &ledger.Audit{})
		defer follows.Close()
		last := openMany(t, follows, "a", 1)
		done := make(chan error, 1)
		go func() { done <- follows.WaitFor(t.Context(), last) }()
		synctest.Wait() // it waits
		openMany(t, folds, "b", 2)
		if err := folds.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := <-done; !errors.Is(err, brook.ErrLogChanged) {
			t.Errorf("%v, want ErrLogChanged", err)
		}
	})
}
