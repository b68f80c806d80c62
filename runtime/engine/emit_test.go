package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// record gives the record at a position of the log.
func (h *harness) record(pos brook.Position) brook.Record {
	h.t.Helper()
	r, err := h.driver.Open(h.ctx, pos)
	if err != nil {
		h.t.Fatal(err)
	}
	defer r.Close()
	c, err := r.Read(h.ctx, 1)
	if err != nil {
		h.t.Fatal(err)
	}
	return c.Records[0]
}

func TestEmission(t *testing.T) {
	h := start(t, &ledger.Audit{})
	h.opened("a")
	pos := h.wait(h.move("a", 5, "emit"))
	emitted := brook.Position{Topic: "ledger", Offset: pos.Offset + 1}
	h.wait(emitted, nil)
	h.note("a", "noted: +5 makes 5")

	r := h.record(emitted)
	var m brook.Message
	if err := (brook.CloudEvents{}).Open(&r, &m); err != nil {
		t.Fatal(err)
	}
	cause := h.record(pos)
	var c brook.Message
	if err := (brook.CloudEvents{}).Open(&cause, &c); err != nil {
		t.Fatal(err)
	}
	if want := emissionID(t, h.driver, pos, "Audit", 0); m.ID != want ||
		m.Type != ledger.NotedType || m.Cause != c.ID || !m.Time.Equal(c.Time) ||
		string(r.Key) != "a" {
		t.Errorf("emitted %+v with key %q, want id %s, cause %s, time %s, key a", m, r.Key, want,
			c.ID, c.Time)
	}
	// The same emission again is a repeat.
	again, err := h.driver.Publish(h.ctx, []brook.Record{r})
	if err != nil {
		t.Fatal(err)
	}
	h.wait(again[0], nil)
	h.note("a", "noted: +5 makes 5")
}

func TestTraceGoesOnToEmissions(t *testing.T) {
	h := start(t, &ledger.Audit{})
	h.opened("a")
	pos, err := h.Publish.Moved(h.ctx, ledger.Moved{Account: "a", Cents: 1, Order: "emit"},
		brook.WithHeader("traceparent", []byte("00-1-2-3")))
	h.wait(pos, err)
	pos.Offset++
	h.wait(pos, nil)
	r := h.record(pos)
	if v, ok := r.Header("traceparent"); !ok || string(v) != "00-1-2-3" {
		t.Errorf("traceparent of the emission: %q, %v", v, ok)
	}
}

func TestFailedSetEmitsNothing(t *testing.T) {
	h := start(t, &ledger.Audit{})
	pos := h.fails(h.move("nobody", 1, "emit"))
	next := h.wait(h.Publish.Opened(h.ctx, ledger.Opened{Account: "b"}))
	if next.Offset != pos.Offset+1 {
		t.Errorf("something was published between %s and %s", pos, next)
	}
}

// refusing is a driver that refuses to publish.
type refusing struct {
	*memdriver.Driver
	mu   sync.Mutex
	fail error
	n    int // how many times more
}

func (d *refusing) Publish(ctx context.Context, records []brook.Record) ([]brook.Position, error) {
	d.mu.Lock()
	fail := error(nil)
	if d.n > 0 {
		d.n--
		fail = d.fail
	}
	d.mu.Unlock()
	if fail != nil {
		return nil, fail
	}
	return d.Driver.Publish(ctx, records)
}

func (d *refusing) refuse(n int, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.n, d.fail = n, err
}

func TestBrokerThatFailsIsTriedAgain(t *testing.T) {
	d := &refusing{Driver: memdriver.New()}
	h := open(t, config(d, newStore()), &ledger.Audit{})
	h.driver = d.Driver
	h.opened("a")
	// Published by hand, so that only the emission meets the refusal.
	d.refuse(3, errors.New("broker is away"))
	pos := h.raw("a", ledger.MovedType, `{"account":"a","cents":1,"order":"emit"}`)
	pos.Offset++
	h.wait(pos, nil)
	h.note("a", "noted: +1 makes 1")
	if l := h.letters(); len(l) != 0 {
		t.Errorf("letters %v", l)
	}
}

func TestEmissionThatIsRefusedForGood(t *testing.T) {
	d := &refusing{Driver: memdriver.New()}
	letters := make(chan brook.DeadLetter, 1)
	c := config(d, newStore())
	c.Hooks.DeadLetter = func(l brook.DeadLetter) { letters <- l }
	h := open(t, c, &ledger.Audit{})
	h.driver = d.Driver
	h.opened("a")
	d.refuse(1, fmt.Errorf("%w: too large", brook.ErrPermanent))
	pos := h.raw("a", ledger.MovedType, `{"account":"a","cents":1,"order":"emit"}`)
	l := <-letters
	if l.Stage != brook.StageEmit || l.Set != "Audit" || l.Position != pos {
		t.Errorf("letter %+v", l)
	}
	h.wait(pos, nil) // WaitFor does not wait for emissions
	// Another one of the same lane comes first; the redriven one must not pass for a repeat.
	pos = h.raw("a", ledger.MovedType, `{"account":"a","cents":2,"order":"emit"} `)
	pos.Offset++
	h.wait(pos, nil)
	if n, err := h.Redrive(h.ctx, nil); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	pos.Offset++
	h.wait(pos, nil)
	h.note("a", "noted: +2 makes 3", "noted: +1 makes 1")
}

func TestEffects(t *testing.T) {
	var mu sync.Mutex
	var ran []int64
	tries := 0
	finished := make(chan struct{}, 10)
	var h *harness
	h = start(t, &ledger.Audit{Effect: func(e brook.Event[ledger.Moved]) brook.Effect {
		cents := e.Data.Cents
		return func(context.Context) error {
			mu.Lock()
			defer mu.Unlock()
			if a, err := h.Views.Accounts.Get("a"); err != nil || a.Balance < cents {
				t.Errorf("the effect ran before the commit: %+v, %v", a, err)
			}
			if tries++; cents == 1 && tries < 3 {
				return errors.New("not yet")
			}
			ran = append(ran, cents)
			finished <- struct{}{}
			return nil
		}
	}})
	h.opened("a")
	h.wait(h.move("a", 1, ""))
	h.wait(h.move("a", 2, ""))
	<-finished
	<-finished
	mu.Lock()
	defer mu.Unlock()
	if !slices.Equal(ran, []int64{1, 2}) || tries != 4 {
		t.Errorf("ran %v in %d tries", ran, tries)
	}
}

func TestColdStartIsSilent(t *testing.T) {
	d := memdriver.New()
	ran := 0
	audit := func() *ledger.Audit {
		return &ledger.Audit{Effect: func(brook.Event[ledger.Moved]) brook.Effect {
			return func(context.Context) error { ran++; return nil }
		}}
	}
	ctx := t.Context()
	for round := range 3 {
		app, err := ledger.NewApp(config(d, newStore()), ledger.Books{}, audit())
		if err != nil {
			t.Fatal(err)
		}
		if round == 0 {
			if _, err := app.Publish.Opened(ctx, ledger.Opened{Account: "a"}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := app.Publish.Moved(ctx,
			ledger.Moved{Account: "a", Cents: 1, Order: "emit"}); err != nil {
			t.Fatal(err)
		}
		if err := app.CatchUp(ctx); err != nil {
			t.Fatal(err)
		}
		if notes, err := app.Views.Notes.Get("a"); len(notes) != round+1 || err != nil {
			t.Errorf("round %d: notes %q, %v", round, notes, err)
		}
		if ran != round+1 {
			t.Errorf("round %d: %d effects ran in all", round, ran)
		}
		if err := app.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestProcess(t *testing.T) {
	var b breaker
	h := start(t, &ledger.Audit{Do: b.do})
	if err := h.Process.Opened(h.ctx,
		ledger.Opened{Account: "a", Tags: []string{"x"}}); err != nil {
		t.Fatal(err)
	}
	err := h.Process.Moved(h.ctx, ledger.Moved{Account: "a", Cents: 1, Order: "fail"})
	if !errors.Is(err, errBroken) || !strings.Contains(err.Error(), "Audit") {
		t.Errorf("Process: %v", err)
	}
	h.balance("a", 0, 0) // all sets or none
	if err := h.Process.Moved(h.ctx, ledger.Moved{Account: "a", Cents: 2}); err != nil {
		t.Fatal(err)
	}
	h.balance("a", 2, 1)
	h.note("a", "+2 makes 2")
	if events, err := h.Views.Accounts.Events("a"); err != nil || len(events) != 2 ||
		!events[0].Position.IsZero() {
		t.Errorf("history: %v, %v", events, err)
	}
	if l := h.letters(); len(l) != 0 {
		t.Errorf("letters: %v", l)
	}
}

func TestEffectMayUseTheApp(t *testing.T) {
	var h *harness
	done := make(chan error, 1)
	h = start(t, &ledger.Audit{Effect: func(e brook.Event[ledger.Moved]) brook.Effect {
		if e.Data.Cents != 1 {
			return nil
		}
		return func(ctx context.Context) error {
			done <- h.Process.Moved(ctx, ledger.Moved{Account: "a", Cents: 10})
			return nil
		}
	}})
	h.opened("a")
	h.wait(h.move("a", 1, ""))
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	h.balance("a", 11, 2)
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := h.move("a", 1, ""); err != nil {
		t.Fatal(err)
	}
	if err := h.CatchUp(h.ctx); err != nil { // effects run inline
		t.Fatal(err)
	}
	h.balance("a", 22, 4)
}

// partial is a driver that answers Publish by script: for each call the errors of the records, nil
// for none.
type partial struct {
	*memdriver.Driver
	script [][]error
}

func (d *partial) Publish(ctx context.Context, records []brook.Record) ([]brook.Position, error) {
	if len(d.script) == 0 {
		return d.Driver.Publish(ctx, records)
	}
	answers := d.script[0]
	d.script = d.script[1:]
	var take []brook.Record
	some := &brook.PublishError{Errs: make([]error, len(records))}
	for i := range records {
		if some.Errs[i] = answers[min(i, len(answers)-1)]; some.Errs[i] == nil {
			take = append(take, records[i])
		}
	}
	if len(take) > 0 {
		if _, err := d.Driver.Publish(ctx, take); err != nil {
			return nil, err
		}
	}
	if len(take) == 0 && len(answers) == 1 {
		return nil, answers[0] // a call that fails as a whole
	}
	return make([]brook.Position, len(records)), some
}

func TestEveryEmissionIsPublishedOrALetter(t *testing.T) {
	later, never := errors.New("later"), fmt.Errorf("%w: never", brook.ErrPermanent)
	for _, script := range [][][]error{
		{{nil, later, later}, {never}},
		{{nil, later, never}, {later, nil}, {nil}},
		{{later, never, nil}, {never}},
		{{never}, {nil}},
		{{later}, {nil, never, later}, {later}},
	} {
		d := &partial{Driver: memdriver.New()}
		app, err := ledger.NewApp(config(d, newStore()), ledger.Books{}, &ledger.Audit{})
		if err != nil {
			t.Fatal(err)
		}
		events := []brook.Outgoing{brook.Emit(ledger.Opened{Account: "a"})}
		for i := range 3 {
			events = append(events,
				brook.Emit(ledger.Moved{Account: "a", Cents: int64(i), Order: "emit"}))
		}
		if _, err := app.PublishAll(t.Context(), slices.Values(events)); err != nil {
			t.Fatal(err)
		}
		d.script = script
		if err := app.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		notes, err := app.Views.Notes.Get("a")
		if err != nil && !errors.Is(err, brook.ErrNotFound) {
			t.Fatal(err)
		}
		letters := 0
		for l, err := range app.DeadLetters() {
			if err != nil || l.Stage != brook.StageEmit {
				t.Fatal(l, err)
			}
			letters++
		}
		if len(notes)+letters != 3 {
			t.Errorf("%v: %d published, %d letters", script, len(notes), letters)
		}
		if err := app.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// grudging is a driver that takes no marks, as Kafka does from who is no member of a group that has
// some.
type grudging struct{ *memdriver.Driver }

func (grudging) Mark(context.Context, string, []brook.Position) error {
	return errors.New("the group has members")
}

// CatchUp says that the driver takes no marks, rather than to try for ever.
func TestCatchUpWithoutMarks(t *testing.T) { synctest.Test(t, testCatchUpWithoutMarks) }

func testCatchUpWithoutMarks(t *testing.T) {
	d := grudging{memdriver.New()}
	app, err := ledger.NewApp(config(d, newStore()), ledger.Books{}, &ledger.Audit{})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	pos, err := app.Publish.Opened(t.Context(), ledger.Opened{Account: "a"})
	if err != nil {
		t.Fatal(err)
	}
	if err := app.CatchUp(t.Context()); err == nil ||
		!strings.Contains(err.Error(), "the group has members") {
		t.Errorf("CatchUp: %v, want why there are no marks", err)
	}
	if err := app.WaitFor(t.Context(), pos); err != nil {
		t.Error(err)
	}
}
