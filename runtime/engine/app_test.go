package engine_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/internal/lending"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// harness is an app of the ledger that runs until the test ends.
type harness struct {
	*ledger.App
	t      *testing.T
	ctx    context.Context
	driver *memdriver.Driver
	store  brook.Store
	stop   func() error // ends Run and gives what it returned
}

func config(driver brook.Driver, store brook.Store) brook.Config {
	if d, ok := driver.(*memdriver.Driver); ok {
		driver = lending.Driver{Driver: d} // who keeps what is not theirs is found
	}
	return brook.Config{Author: "ledger", Driver: driver, Store: store,
		Log:   slog.New(slog.DiscardHandler),
		Retry: brook.Retry{Attempts: 3, Min: time.Microsecond, Max: time.Millisecond}}
}

// open makes an app and runs it.
func open(t *testing.T, config brook.Config, audit *ledger.Audit) *harness {
	t.Helper()
	app, err := ledger.NewApp(config, ledger.Books{}, audit)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	run, done := context.WithCancel(ctx)
	result := make(chan error, 1)
	go func() { result <- app.Run(run) }()
	var ended atomic.Bool
	h := &harness{App: app, t: t, ctx: ctx, store: config.Store}
	if d, ok := config.Driver.(lending.Driver); ok {
		h.driver = d.Driver
	}
	h.stop = func() error {
		if !ended.CompareAndSwap(false, true) {
			return nil
		}
		done()
		return <-result
	}
	t.Cleanup(func() {
		if err := h.stop(); err != nil {
			t.Errorf("Run: %v", err)
		}
		if err := app.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		cancel()
	})
	return h
}

func start(t *testing.T, audit *ledger.Audit) *harness {
	t.Helper()
	return open(t, config(memdriver.New(), newStore()), audit)
}

// opened publishes the opening of accounts and waits for them.
func (h *harness) opened(accounts ...string) {
	h.t.Helper()
	for _, id := range accounts {
		h.wait(h.Publish.Opened(h.ctx, ledger.Opened{Account: id, Email: id + "@example.org"}))
	}
}

// wait waits for an event that must not fail.
func (h *harness) wait(pos brook.Position, err error) brook.Position {
	h.t.Helper()
	if err == nil {
		err = h.WaitFor(h.ctx, pos)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return pos
}

// fails waits for an event that must become a dead letter.
func (h *harness) fails(pos brook.Position, err error) brook.Position {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
	if err := h.WaitFor(h.ctx, pos); !errors.Is(err, brook.ErrDeadLetter) {
		h.t.Fatalf("event at %s: %v, want a dead letter", pos, err)
	}
	return pos
}

func (h *harness) move(account string, cents int64, order string) (brook.Position, error) {
	return h.Publish.Moved(h.ctx, ledger.Moved{Account: account, Cents: cents, Order: order})
}

func (h *harness) letters() []brook.DeadLetter {
	h.t.Helper()
	var all []brook.DeadLetter
	for l, err := range h.DeadLetters() {
		if err != nil {
			h.t.Fatal(err)
		}
		all = append(all, l)
	}
	return all
}

// balance wants an account's balance and moves.
func (h *harness) balance(account string, balance int64, moves int) {
	h.t.Helper()
	a, err := h.Views.Accounts.Get(account)
	if err != nil {
		h.t.Fatal(err)
	}
	if a.Balance != balance || a.Moves != moves {
		h.t.Errorf("account %s has %d after %d moves, want %d after %d", account, a.Balance,
			a.Moves, balance, moves)
	}
}

func (h *harness) note(account string, want ...string) {
	h.t.Helper()
	got, err := h.Views.Notes.Get(account)
	if err != nil && !errors.Is(err, brook.ErrNotFound) {
		h.t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		h.t.Errorf("notes of %s are %q, want %q", account, got, want)
	}
}

func TestReadYourWrites(t *testing.T) {
	h := start(t, &ledger.Audit{})
	h.opened("a", "b")
	for i := range 3 {
		h.wait(h.move("a", int64(10*(i+1)), ""))
	}
	h.balance("a", 60, 3)
	h.note("a", "+10 makes 10", "+20 makes 30", "+30 makes 60")
	var lines []string
	for e, err := range h.Views.Lines.WithAccount("a") {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprint(e.Key.Number, e.Value.Balance))
	}
	if want := []string{"1 10", "2 30", "3 60"}; !slices.Equal(lines, want) {
		t.Errorf("lines are %q, want %q", lines, want)
	}
	for a, err := range h.Views.Accounts.ByEmail("b@example.org") {
		if err != nil || a.ID != "b" {
			t.Errorf("by email: %v, %v", a, err)
		}
	}
	if n, err := h.Views.Accounts.Len(); n != 2 || err != nil {
		t.Errorf("%d accounts, %v", n, err)
	}
}

func TestHistory(t *testing.T) {
	h := start(t, &ledger.Audit{})
	h.opened("a")
	for i := range 7 {
		h.wait(h.move("a", int64(i), "quiet"))
	}
	events, err := h.Views.Accounts.Events("a")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range events {
		switch d := e.Data.(type) {
		case ledger.Opened:
			got = append(got, "opened")
		case ledger.Moved:
			got = append(got, fmt.Sprint(d.Cents))
		default:
			t.Errorf("%T in the history", d)
		}
	}
	if want := []string{"opened", "2", "3", "4", "5", "6"}; !slices.Equal(got, want) {
		t.Errorf("history is %q, want %q (history=5)", got, want)
	}
	moves, err := h.Views.Accounts.EventsOfMoved("a")
	if err != nil || len(moves) != 5 || moves[4].Data.Cents != 6 || moves[4].Author != "ledger" {
		t.Errorf("moves %v, %v", moves, err)
	}
	h.wait(h.Publish.Closed(h.ctx, ledger.Closed{Account: "a"}))
	if events, err := h.Views.Accounts.Events("a"); err != nil || len(events) != 0 {
		t.Errorf("a deleted value has the history %v, %v", events, err)
	}
}
