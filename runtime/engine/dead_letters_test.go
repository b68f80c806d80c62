package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

var errBroken = errors.New("broken")

// breaker fails events whose order is "fail" for as long as it is on.
type breaker struct {
	mu  sync.Mutex
	off bool
}

func (b *breaker) set(off bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.off = off
}

func (b *breaker) do(_ context.Context, e brook.Event[ledger.Moved]) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.off:
		return nil
	case e.Data.Order == "fail":
		return errBroken
	case e.Data.Order == "panic":
		panic(errBroken)
	}
	return nil
}

func TestFailureHoldsItsKeyUpForItsSetAlone(t *testing.T) {
	var b breaker
	h := start(t, &ledger.Audit{Do: b.do})
	h.opened("a", "b")
	bad := h.fails(h.move("a", 1, "fail"))
	behind := h.fails(h.move("a", 2, ""))
	h.wait(h.move("b", 4, ""))
	h.balance("a", 3, 2) // Books keeps its own
	h.note("a")
	h.note("b", "+4 makes 4")

	letters := h.letters()
	if len(letters) != 2 {
		t.Fatalf("letters: %v", letters)
	}
	first, second := letters[0], letters[1]
	if first.Position != bad || first.Stage != brook.StageHandle || first.Set != "Audit" ||
		first.Attempts != 1 ||
		first.Error != "broken" || string(first.Key) != "a" || first.Type != ledger.MovedType ||
		len(first.Record.Value) == 0 {
		t.Errorf("first letter: %+v", first)
	}
	if second.Position != behind || second.Attempts != 0 ||
		!strings.Contains(second.Error, bad.String()) {
		t.Errorf("second letter: %+v, want one that waits behind %s", second, bad)
	}

	if n, err := h.Redrive(h.ctx, nil); n != 0 || err != nil {
		t.Errorf("redriven while broken: %d, %v", n, err)
	}
	if got := h.letters(); len(got) != 2 || got[0].Attempts != 2 || got[1].Attempts != 0 {
		t.Errorf("letters after a redrive in vain: %v", got)
	}
	b.set(true)
	if n, err := h.Redrive(h.ctx,
		func(l brook.DeadLetter) bool { return l.Position == behind }); n != 0 || err != nil {
		t.Errorf("redriven past the one in front: %d, %v", n, err)
	}
	if n, err := h.Redrive(h.ctx, nil); n != 2 || err != nil {
		t.Errorf("redriven: %d, %v", n, err)
	}
	h.note("a", "+1 makes 3", "+2 makes 3")
	h.wait(h.move("a", 3, ""))
	h.note("a", "+1 makes 3", "+2 makes 3", "+3 makes 6")
	if got := h.letters(); len(got) != 0 {
		t.Errorf("letters left: %v", got)
	}
}

func TestRedriveWritesHistoryOnce(t *testing.T) {
	var b breaker
	h := start(t, &ledger.Audit{Do: b.do})
	h.opened("a")
	h.fails(h.move("a", 1, "fail"))
	b.set(true)
	if n, err := h.Redrive(h.ctx, nil); n != 1 || err != nil {
		t.Fatalf("redriven: %d, %v", n, err)
	}
	events, err := h.Views.Notes.Events("a")
	if err != nil || len(events) != 1 {
		t.Errorf("history of the note: %v, %v", events, err)
	}
	if events, err := h.Views.Accounts.Events("a"); err != nil || len(events) != 2 {
		t.Errorf("history of the account: %v, %v", events, err)
	}
}

func TestPanicIsADeadLetter(t *testing.T) {
	var b breaker
	h := start(t, &ledger.Audit{Do: b.do})
	h.opened("a")
	h.fails(h.move("a", 1, "panic"))
	if l := h.letters(); len(l) != 1 || l[0].Error != "panic: broken" ||
		l[0].Stage != brook.StageHandle {
		t.Errorf("letters: %+v", l)
	}
	h.balance("a", 1, 1)
}

func TestDropUnblocksTheKey(t *testing.T) {
	var b breaker
	h := start(t, &ledger.Audit{Do: b.do})
	h.opened("a")
	h.fails(h.move("a", 1, "fail"))
	if n, err := h.Drop(h.ctx, nil); n != 1 || err != nil {
		t.Fatalf("dropped %d, %v", n, err)
	}
	h.wait(h.move("a", 2, ""))
	h.note("a", "+2 makes 3")
}

func TestGoOnHoldsNothingUp(t *testing.T) {
	var b breaker
	c := config(memdriver.New(), newStore())
	c.OnFailure = brook.GoOn
	h := open(t, c, &ledger.Audit{Do: b.do})
	h.opened("a")
	h.fails(h.move("a", 1, "fail"))
	h.wait(h.move("a", 2, ""))
	h.note("a", "+2 makes 3")
	if l := h.letters(); len(l) != 1 {
		t.Errorf("letters: %v", l)
	}
}

// Rule 2.
func TestStopKeepsNothingOfTheEvent(t *testing.T) {
	for _, policy := range []brook.FailurePolicy{brook.Stop, brook.Fail} {
		t.Run(string(policy), func(t *testing.T) { stopKeepsNothing(t, policy) })
	}
}

func stopKeepsNothing(t *testing.T, policy brook.FailurePolicy) {
	var b breaker
	c := config(memdriver.New(), newStore())
	c.OnFailure = policy
	app, err := ledger.NewApp(c, ledger.Books{}, &ledger.Audit{Do: b.do})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	ctx := t.Context()
	for _, order := range []string{"", "fail", ""} {
		if order == "" {
			_, err = app.Publish.Opened(ctx, ledger.Opened{Account: "a"})
		} else {
			_, err = app.Publish.Moved(ctx, ledger.Moved{Account: "a", Cents: 1, Order: order})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	err = app.Run(ctx)
	if !errors.Is(err, errBroken) || !strings.Contains(err.Error(), "ledger/0/1") {
		t.Fatalf("Run: %v, want the failure with its position", err)
	}
	if a := brook.Must(app.Views.Accounts.Get("a")); a.Moves != 0 {
		t.Errorf("the event left %+v", a)
	}
	for l := range app.DeadLetters() {
		t.Errorf("dead letter %v", l)
	}
}

func TestUndecodableHoldsItsKeyUpForAllSets(t *testing.T) {
	h := start(t, &ledger.Audit{})
	h.opened("a", "b")
	bad := h.raw("a", ledger.MovedType, `{"account":"a","cents":"many"}`)
	h.fails(bad, nil)
	behind := h.fails(h.move("a", 2, ""))
	h.wait(h.move("b", 4, ""))
	h.balance("a", 0, 0)
	letters := h.letters()
	if len(letters) != 3 || letters[0].Stage != brook.StageDecode || letters[0].Set != "" ||
		letters[0].Position != bad ||
		!strings.Contains(letters[0].Error, "cents") || letters[1].Position != behind ||
		letters[2].Position != behind {
		t.Fatalf("letters: %v", letters)
	}
	if n, err := h.Drop(h.ctx,
		func(l brook.DeadLetter) bool { return l.Stage == brook.StageDecode }); n != 1 ||
		err != nil {
		t.Fatal(n, err)
	}
	if n, err := h.Redrive(h.ctx, nil); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	h.balance("a", 2, 1)
	h.note("a", "+2 makes 2")
}

// raw publishes a record as it is.
func (h *harness) raw(key, typ, data string) brook.Position {
	h.t.Helper()
	r := brook.Record{Topic: "ledger", Key: []byte(key)}
	m := brook.Message{ID: fmt.Sprint(h.t.Name(), len(data)), Type: typ, Author: "elsewhere",
		Data: []byte(data)}
	if err := (brook.CloudEvents{}).Wrap(&m, &r); err != nil {
		h.t.Fatal(err)
	}
	positions, err := h.driver.Publish(h.ctx, []brook.Record{r})
	if err != nil {
		h.t.Fatal(err)
	}
	return positions[0]
}

func TestStrangersArePassedOver(t *testing.T) {
	unknown := make(chan string, 10)
	c := config(memdriver.New(), newStore())
	c.Hooks.Unknown = func(_ brook.Position, typ string) { unknown <- typ }
	var events, odd, discarded atomic.Int64
	c.Hooks.Commit = func(commit brook.Commit) {
		events.Add(int64(commit.Events))
		odd.Add(int64(commit.Unknown))
		discarded.Add(int64(commit.Discarded))
	}
	h := open(t, c, &ledger.Audit{})
	h.opened("a")
	h.wait(h.raw("a", "not.ours", `nothing`), nil)
	h.wait(h.raw("a", ledger.IgnoredType, `nothing`), nil)
	if typ := <-unknown; typ != "not.ours" {
		t.Errorf("unknown: %s", typ)
	}
	if _, err := h.driver.Publish(h.ctx, []brook.Record{{Topic: "ledger", Key: []byte("a")}}); err != nil { // a tombstone
		t.Fatal(err)
	}
	h.wait(h.move("a", 1, ""))
	if l := h.letters(); len(l) != 0 || len(unknown) != 0 {
		t.Errorf("letters %v, %d more unknown", l, len(unknown))
	}
	pos, err := h.driver.Publish(h.ctx,
		[]brook.Record{{Topic: "ledger", Value: []byte("no event")}})
	if err != nil {
		t.Fatal(err)
	}
	h.fails(pos[0], nil)
	h.wait(h.move("a", 1, "")) // it holds nobody up
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	if events.Load() != 7 || odd.Load() != 1 || discarded.Load() != 2 {
		t.Errorf("%d events, %d unknown, %d discarded", events.Load(), odd.Load(), discarded.Load())
	}
}

func TestRetry(t *testing.T) {
	tries := map[string]int{}
	h := open(t, config(memdriver.New(), newNear()),
		&ledger.Audit{Do: func(_ context.Context, e brook.Event[ledger.Moved]) error {
			tries[e.Data.Order]++
			if e.Data.Order == "never" || e.Data.Order == "later" && tries["later"] < 3 {
				return fmt.Errorf("%w: not yet", brook.ErrRetry)
			}
			return nil
		}})
	h.opened("a")
	h.wait(h.move("a", 1, "later"))
	h.balance("a", 1, 1)
	h.fails(h.move("a", 2, "never"))
	h.balance("a", 3, 2)
	if l := h.letters(); len(l) != 1 || l[0].Attempts != 3 {
		t.Errorf("letters: %+v, want one after 3 attempts", l)
	}
	if tries["later"] != 3 || tries["never"] != 3 {
		t.Errorf("tries: %v", tries)
	}
}

func TestTooManyDeadLettersStopThePartition(t *testing.T) {
	var b breaker
	full := make(chan error, 10)
	c := config(memdriver.New(), newStore())
	c.MaxDeadLetters = 2
	c.Hooks.Failure = func(f brook.Failure) { full <- f.Err }
	h := open(t, c, &ledger.Audit{Do: b.do})
	h.opened("a")
	h.fails(h.move("a", 1, "fail"))
	h.fails(h.move("a", 2, ""))
	pos, err := h.move("a", 3, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := <-full; !errors.Is(err, brook.ErrDeadLettersFull) {
		t.Fatalf("told %v", err)
	}
	h.balance("a", 3, 2)
	b.set(true)
	if n, err := h.Redrive(h.ctx, nil); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	h.wait(pos, nil)
	h.balance("a", 6, 3)
}
