package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// publishAll publishes events and gives the last position of each partition.
func (h *harness) publishAll(events ...brook.Outgoing) {
	h.t.Helper()
	_, err := h.App.PublishAll(h.ctx, func(yield func(brook.Outgoing) bool) {
		for _, e := range events {
			if !yield(e) {
				return
			}
		}
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// caughtUp waits until everything in the log is folded.
func (h *harness) caughtUp() {
	h.t.Helper()
	partitions, err := h.driver.Partitions(h.ctx, "ledger")
	if err != nil {
		h.t.Fatal(err)
	}
	for _, p := range partitions {
		if p.End > 0 {
			err := h.WaitFor(h.ctx,
				brook.Position{Topic: p.Topic, Partition: p.Number, Offset: p.End - 1})
			if err != nil && !errors.Is(err, brook.ErrDeadLetter) {
				h.t.Fatal(err)
			}
		}
	}
}

// modes collects what the app says of its lanes.
func modes(c *brook.Config) <-chan brook.Mode {
	told := make(chan brook.Mode, 10)
	c.Hooks.Mode = func(m brook.Mode) { told <- m }
	return told
}

func TestPartitionsRunSideBySide(t *testing.T) {
	const lanes = 4
	var mu sync.Mutex
	inside, meet := 0, make(chan struct{})
	c := config(memdriver.New(memdriver.Partitions(lanes)), newStore())
	told := modes(&c)
	h := open(t, c, &ledger.Audit{Do: func(ctx context.Context, e brook.Event[ledger.Moved]) error {
		if e.Data.Order != "meet" {
			return nil
		}
		mu.Lock()
		if inside++; inside == lanes {
			close(meet)
		}
		mu.Unlock()
		select {
		case <-meet: // every lane is in a handler at once
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}})
	if m := <-told; m.Lanes != lanes || m.Reason != "" {
		t.Fatalf("mode %+v", m)
	}
	met := map[int32]bool{}
	for i := 0; len(met) < lanes; i++ {
		id := fmt.Sprint("account", i)
		pos, err := h.Publish.Opened(h.ctx, ledger.Opened{Account: id})
		if err != nil {
			t.Fatal(err)
		}
		if !met[pos.Partition] {
			met[pos.Partition] = true
			if _, err := h.move(id, 1, "meet"); err != nil {
				t.Fatal(err)
			}
		}
	}
	h.caughtUp()
	if n, err := h.Views.Notes.Len(); n != lanes || err != nil {
		t.Errorf("%d notes, %v", n, err)
	}
}

func TestStrayingEventsRunAlone(t *testing.T) {
	c := config(memdriver.New(memdriver.Partitions(3)), newStore())
	c.BatchSize = 7
	var mu sync.Mutex
	strays := 0
	c.Hooks.Commit = func(commit brook.Commit) {
		mu.Lock()
		defer mu.Unlock()
		strays += commit.Strays
	}
	h := open(t, c, &ledger.Audit{})
	const accounts = 9
	for i := range accounts {
		h.opened(fmt.Sprint(i))
	}
	rnd := rand.New(rand.NewPCG(1, 1))
	balance, moves := map[string]int64{}, map[string]int{}
	var events []brook.Outgoing
	straying := 0
	for i := range 600 {
		e := ledger.Moved{Account: fmt.Sprint(rnd.IntN(accounts)), Cents: rnd.Int64N(100)}
		if i%20 == 0 {
			e.From = fmt.Sprint(rnd.IntN(accounts))
			if e.From != e.Account {
				straying++
			}
			balance[e.From] -= e.Cents
			moves[e.From]++
		}
		balance[e.Account] += e.Cents
		moves[e.Account]++
		events = append(events, brook.Emit(e))
	}
	h.publishAll(events...)
	h.caughtUp()
	for id := range balance {
		h.balance(id, balance[id], moves[id])
	}
	mu.Lock()
	defer mu.Unlock()
	if strays != straying {
		t.Errorf("%d events ran alone, %d strayed", strays, straying)
	}
	if l := h.letters(); len(l) != 0 {
		t.Errorf("letters: %v", l)
	}
}

func TestAppThatStraysOftenSettles(t *testing.T) {
	c := config(memdriver.New(memdriver.Partitions(2)), newStore())
	told := modes(&c)
	h := open(t, c, &ledger.Audit{})
	h.opened("a", "b")
	var events []brook.Outgoing
	for range 400 {
		events = append(events, brook.Emit(ledger.Moved{Account: "a", From: "b", Cents: 1}))
	}
	h.publishAll(events...)
	h.caughtUp()
	h.balance("a", 400, 400)
	h.balance("b", -400, 400)
	if m := <-told; m.Lanes != 2 {
		t.Errorf("first mode %+v", m)
	}
	if m := <-told; m.Lanes != 1 || !strings.Contains(m.Reason, "tenth") {
		t.Errorf("second mode %+v", m)
	}
}

func TestKeyOfAnotherPartitionStrays(t *testing.T) {
	// A producer that keys its records in a way of its own must not break the views.
	h := open(t, config(memdriver.New(memdriver.Partitions(4)), newStore()), &ledger.Audit{})
	h.opened("a")
	for i := range 50 {
		h.raw(fmt.Sprint("odd", i), ledger.MovedType, `{"account":"a","cents":1,"order":"quiet"}`)
	}
	h.caughtUp()
	h.balance("a", 50, 50)
}

func TestOneLaneGoesByRecordTime(t *testing.T) {
	d := memdriver.New(memdriver.Partitions(4))
	base := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	publish := func(account string, minute int, typ, data string) {
		r := brook.Record{Topic: "ledger", Key: []byte(account),
			Time: base.Add(time.Duration(minute) * time.Minute)}
		m := brook.Message{Type: typ, Author: "x", Time: r.Time, Data: []byte(data)}
		if err := (brook.CloudEvents{}).Wrap(&m, &r); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Publish(t.Context(), []brook.Record{r}); err != nil {
			t.Fatal(err)
		}
	}
	var want []string
	for i := range 20 {
		publish(fmt.Sprint(i), 2*i, ledger.OpenedType, fmt.Sprintf(`{"account":"%d"}`, i))
		publish(fmt.Sprint(i), 2*i+1, ledger.MovedType,
			fmt.Sprintf(`{"account":"%d","cents":1}`, i))
		want = append(want, fmt.Sprint(i))
	}
	var got []string
	app, err := ledger.NewApp(config(d, newNear()), ledger.Books{},
		&ledger.Audit{Do: func(_ context.Context, e brook.Event[ledger.Moved]) error {
			got = append(got, e.Data.Account)
			return nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	if err := app.CatchUp(t.Context()); err != nil { // one lane over four partitions
		t.Fatal(err)
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("order %v, want %v", got, want)
	}
}
