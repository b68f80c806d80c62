package engine_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/errands"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/internal/reminders"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// operations records what the hooks see. A trace is the name of an operation: it is in contexts, and
// in the header traceparent.
type operations struct {
	mu   sync.Mutex
	open map[*string]brook.OperationKind // which have begun and not ended
	all  []seen
	bad  []string
}

// seen is an operation that ended.
type seen struct {
	brook.Operation
	name, parent string
}

// hooks returns the hooks that record. In contexts, o is the key of what it has begun.
func (o *operations) hooks() brook.Hooks {
	return brook.Hooks{Begin: o.begin, End: o.end, Trace: o.trace}
}

// begun is what a context carries: names are told apart by their addresses.
type begun struct {
	name   *string
	parent string
	start  time.Time
}

func (o *operations) begin(ctx context.Context, op *brook.Operation) context.Context {
	o.mu.Lock()
	defer o.mu.Unlock()
	b := begun{name: new(nameOf(op)), start: op.Start}
	if outer, ok := ctx.Value(o).(begun); ok {
		b.parent = *outer.name
	}
	for _, h := range op.Headers {
		if h.Key == "traceparent" {
			b.parent = string(h.Value)
		}
	}
	if o.open == nil {
		o.open = map[*string]brook.OperationKind{}
	}
	o.open[b.name] = op.Kind
	if op.Outcome != "" || op.Err != nil || op.Duration != 0 {
		o.bad = append(o.bad, fmt.Sprintf("%s begins with an outcome: %+v", *b.name, op))
	}
	return context.WithValue(ctx, o, b)
}

func (o *operations) end(ctx context.Context, op *brook.Operation) {
	o.mu.Lock()
	defer o.mu.Unlock()
	b, ok := ctx.Value(o).(begun)
	if !ok || o.open[b.name] != op.Kind || op.Start != b.start || op.Outcome == "" {
		o.bad = append(o.bad, fmt.Sprintf("%s ends without a beginning: %+v", nameOf(op), op))
		return
	}
	if (op.Err == nil) != slices.Contains(successes, op.Outcome) {
		o.bad = append(o.bad, fmt.Sprintf("%s: %s with error %v", *b.name, op.Outcome, op.Err))
	}
	delete(o.open, b.name)
	o.all = append(o.all, seen{*op, *b.name, b.parent})
}

// successes are the outcomes that have no error; of a stray there is none to name.
var successes = []brook.Outcome{brook.OutcomeDone, brook.OutcomeDiscarded, brook.OutcomeUnknown,
	brook.OutcomeRepeat, brook.OutcomeLapsed, brook.OutcomeStray}

func (o *operations) trace(ctx context.Context) []brook.Header {
	b := ctx.Value(o).(begun)
	return []brook.Header{{Key: "traceparent", Value: []byte(*b.name)}}
}

// nameOf returns the name of an operation, by which the others refer to it.
func nameOf(op *brook.Operation) string {
	what := cmp.Or(op.Handler, op.Type)
	if op.Records != nil {
		what = fmt.Sprint(op.Events, " to ", op.Topic)
	}
	if op.Kind == brook.OperationEffect {
		what = op.Set
	}
	return strings.TrimSpace(string(op.Kind) + " " + what)
}

// lines returns what ended, but commits, as "name < parent: outcome", sorted.
func (o *operations) lines() (lines []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, s := range o.all {
		if s.Kind != brook.OperationCommit {
			lines = append(lines, fmt.Sprintf("%s < %s: %s", s.name, s.parent, s.Outcome))
		}
	}
	slices.Sort(lines)
	return lines
}

// outcomes returns the outcomes of what has a name, in their order.
func (o *operations) outcomes(name string) (outcomes string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, s := range o.all {
		if s.name == name {
			outcomes += " " + string(s.Outcome)
		}
	}
	return strings.TrimSpace(outcomes)
}

// last returns what ended last of what has a name.
func (o *operations) last(t *testing.T, name string) seen {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, s := range slices.Backward(o.all) {
		if s.name == name {
			return s
		}
	}
	t.Fatalf("no operation %q was seen", name)
	return seen{}
}

// check wants everything to have begun and ended as it should.
func (o *operations) check(t *testing.T) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, b := range o.bad {
		t.Error(b)
	}
	for name := range o.open {
		t.Errorf("%s has begun and not ended", *name)
	}
}

func wantLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("saw\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// What an event causes belongs to its trace, through sets, jobs, what workers publish, and parked
// events, however it travels.
func TestOperationsOfJobs(t *testing.T) {
	envelopes := map[string]brook.Envelope{
		"CloudEvents": brook.CloudEvents{}, "PlainJSON": brook.PlainJSON{},
	}
	for name, envelope := range envelopes {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { testOperationsOfJobs(t, envelope) })
		})
	}
}

func testOperationsOfJobs(t *testing.T, envelope brook.Envelope) {
	var o operations
	c := config(memdriver.New(), newStore())
	c.Hooks, c.Envelope = o.hooks(), envelope
	once := errors.New("not yet")
	m := &mailbox{}
	m.failing(func(j brook.Job[errands.SendMail]) error {
		if j.Data.Number == 0 && j.Attempt == 1 {
			return once
		}
		return nil
	})
	x := openDesk(t, c, m, errands.Desk{})
	if _, err := x.Publish.Paid(t.Context(), errands.Paid{Order: "o1", User: "u2"}); err != nil {
		t.Fatal(err)
	}
	synctest.Wait() // it is parked
	x.place("o1", "u1", 1)
	time.Sleep(time.Minute)
	synctest.Wait()
	if err := x.stop(); err != nil {
		t.Fatal(err)
	}
	o.check(t)
	wantLines(t, o.lines(),
		"publish order.paid < : done",
		"event order.paid < publish order.paid: parked",
		"set Desk.Paid < event order.paid: parked",
		"publish order.placed < : done",
		"event order.placed < publish order.placed: done",
		"set Desk.Placed < event order.placed: done",
		"event order.paid < publish order.paid: done",
		"set Desk.Paid < event order.paid: done",
		"job Mailer.SendMail < set Desk.Placed: retry",
		"job Mailer.SendMail < set Desk.Placed: done",
		"job Mailer.SendMail < set Desk.Paid: done",
		"emit mail.sent < job Mailer.SendMail: done",
		"emit mail.sent < job Mailer.SendMail: done",
		"publish 1 to ledger < : done",
		"publish 1 to ledger < : done",
		"event mail.sent < emit mail.sent: done",
		"event mail.sent < emit mail.sent: done",
		"set Desk.Sent < event mail.sent: done",
		"set Desk.Sent < event mail.sent: done",
	)
	for _, s := range o.all {
		if s.Kind == brook.OperationJob && (s.Type != errands.SendMailType || s.ID == "" ||
			s.Set != "Desk" || s.Position.IsZero() || s.Attempt < 1 ||
			(s.Outcome == brook.OutcomeRetry) != errors.Is(s.Err, once)) {
			t.Errorf("the job is %+v", s.Operation)
		}
	}
}

// An event of a timer belongs to the trace of the event that set it.
func TestOperationsOfTimers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var o operations
		app := reminding(t, memdriver.New(), newStore(),
			func(c *brook.Config) { c.Hooks = o.hooks() })
		stop := running(t, app)
		placed := reminders.Placed{Order: "o", Due: time.Now().Add(time.Minute)}
		if _, err := app.Publish.Placed(t.Context(), placed); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		stop()
		o.check(t)
		wantLines(t, o.lines(),
			"publish order.placed < : done",
			"event order.placed < publish order.placed: done",
			"set Reminding.Placed < event order.placed: done",
			"emit payment.overdue < set Reminding.Placed: done",
			"publish 1 to reminders < : done",
			"event payment.overdue < emit payment.overdue: done",
			"set Reminding.Overdue < event payment.overdue: done",
		)
	})
}

// Handlers and effects receive the context of their operation, and emissions belong to the set.
func TestOperationsOfEffects(t *testing.T) {
	var o operations
	within := func(ctx context.Context) string {
		return *ctx.Value(&o).(begun).name
	}
	var mu sync.Mutex
	var contexts []string
	note := func(ctx context.Context) {
		mu.Lock()
		defer mu.Unlock()
		contexts = append(contexts, within(ctx))
	}
	tries := 0
	audit := &ledger.Audit{
		Do: func(ctx context.Context, _ brook.Event[ledger.Moved]) error { note(ctx); return nil },
		Effect: func(brook.Event[ledger.Moved]) brook.Effect {
			return func(ctx context.Context) error {
				note(ctx)
				if tries++; tries == 1 {
					return errors.New("once")
				}
				return nil
			}
		},
	}
	c := config(memdriver.New(), newNear())
	c.Hooks = o.hooks()
	app := newLedger(t, c, audit)
	defer app.Close()
	if _, err := app.Publish.Opened(t.Context(), ledger.Opened{Account: "a"}); err != nil {
		t.Fatal(err)
	}
	_, err := app.Publish.Moved(t.Context(), ledger.Moved{Account: "a", Order: "emit"})
	if err != nil {
		t.Fatal(err)
	}
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.check(t)
	wantLines(t, contexts, "set Audit.Moved", "effect Audit", "effect Audit")
	wantLines(t, o.lines(),
		"publish account.opened < : done",
		"publish money.moved < : done",
		"event account.opened < publish account.opened: done",
		"set Books.Opened < event account.opened: done",
		"event money.moved < publish money.moved: done",
		"set Books.Moved < event money.moved: done",
		"set Audit.Moved < event money.moved: done",
		"emit audit.noted < set Audit.Moved: done",
		"effect Audit < set Audit.Moved: retry",
		"effect Audit < set Audit.Moved: done",
		"publish 1 to ledger < : done",
		"event audit.noted < emit audit.noted: done",
		"set Audit.Noted < event audit.noted: done",
	)
	if s := o.last(t, "publish money.moved"); s.Position.Offset != 1 || s.ID == "" || !s.Called ||
		s.Topic != "ledger" || s.Events != 1 {
		t.Errorf("the publishing is %+v", s.Operation)
	}
	if s := o.last(t, "event money.moved"); s.Position.Offset != 1 || s.ID == "" || s.Called ||
		!s.Known || s.Author != "ledger" || s.Attempt != 1 || s.Replay {
		t.Errorf("the event is %+v", s.Operation)
	}
	events := 0
	for _, s := range o.all {
		if s.Kind == brook.OperationCommit && s.Outcome == brook.OutcomeDone {
			events += s.Events
		}
	}
	if events != 3 {
		t.Errorf("%d events are in the commits, want 3", events)
	}
}

// PublishAll makes each event an operation, and each batch one.
func TestOperationsOfPublishAll(t *testing.T) {
	var o operations
	c := config(memdriver.New(), newStore())
	c.Hooks = o.hooks()
	app := newLedger(t, c, &ledger.Audit{})
	defer app.Close()
	outer := context.WithValue(t.Context(), &o, begun{name: new("request")})
	_, err := app.PublishAll(outer, slices.Values([]brook.Outgoing{
		brook.Emit(ledger.Opened{Account: "a"}), brook.Emit(ledger.Ignored{}),
	}))
	if err != nil {
		t.Fatal(err)
	}
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.check(t)
	wantLines(t, o.lines(),
		"emit account.opened < request: done",
		"emit ledger.ignored < request: done",
		"publish 2 to ledger < request: done",
		"event account.opened < emit account.opened: done",
		"set Books.Opened < event account.opened: done",
		"event ledger.ignored < emit ledger.ignored: discarded",
	)
}

// Every outcome of an event is seen.
func TestOperationOutcomes(t *testing.T) {
	var o operations
	d, s := memdriver.New(), newNear()
	c := config(d, s)
	c.Hooks = o.hooks()
	c.DropRepeats = 10
	var broken breaker
	tries := 0
	app := newLedger(t, c, &ledger.Audit{Do: func(ctx context.Context, e brook.Event[ledger.Moved]) error {
		if e.Data.Order == "again" {
			if tries++; tries < 3 {
				return brook.ErrRetry
			}
		}
		return broken.do(ctx, e)
	}})
	defer app.Close()
	outcomes := func(typ, event, books, audit string) {
		t.Helper()
		if err := app.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := []string{o.outcomes("event " + typ), o.outcomes("set Books.Moved"),
			o.outcomes("set Audit.Moved")}
		if want := []string{event, books, audit}; !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", typ, got, want)
		}
		o.check(t)
		o.all = nil
	}
	publish := func(records ...brook.Record) {
		if _, err := d.Publish(t.Context(), records); err != nil {
			t.Fatal(err)
		}
	}
	at(t, d, min_(0), "a", ledger.OpenedType, `{"account":"a"}`)
	at(t, d, min_(1), "a", "theirs", `{}`)
	outcomes("theirs", "unknown", "", "")
	if s := o.lines(); len(s) != 0 {
		t.Error(s)
	}
	at(t, d, min_(2), "a", ledger.IgnoredType, `{}`)
	outcomes(ledger.IgnoredType, "discarded", "", "")
	at(t, d, min_(3), "a", ledger.MovedType, `{"account":5}`)
	outcomes(ledger.MovedType, "failed", "", "")
	if n, err := app.Drop(t.Context(), nil); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	publish(movedBy("x", "1", "again"))
	outcomes(ledger.MovedType, "retry retry done", "done done done", "retry retry done")
	publish(movedBy("x", "1", ""))
	outcomes(ledger.MovedType, "repeat", "", "")
	publish(movedBy("x", "2", "fail"))
	outcomes(ledger.MovedType, "failed", "done", "failed")
	publish(movedBy("x", "3", ""))
	outcomes(ledger.MovedType, "waiting", "done", "")
	if _, err := app.Redrive(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if s := o.last(t, "event "+ledger.MovedType); !s.Called || s.Attempt != 2 || s.Replay {
		t.Errorf("redriven: %+v", s.Operation)
	}
	outcomes(ledger.MovedType, "failed", "", "failed")
	err := app.Process.Moved(t.Context(), ledger.Moved{Account: "a", Order: "quiet"})
	if err != nil {
		t.Fatal(err)
	}
	if s := o.last(t, "event "+ledger.MovedType); !s.Called || !s.Position.IsZero() || s.Replay {
		t.Errorf("processed: %+v", s.Operation)
	}
	outcomes(ledger.MovedType, "done", "done", "done")
	err = app.Process.Moved(t.Context(), ledger.Moved{Account: "a", Order: "fail"})
	if err == nil {
		t.Fatal("it did not fail")
	}
	outcomes(ledger.MovedType, "failed", "done", "failed")

	// A rebuild only looks.
	if err := app.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := o.last(t, "rebuild"); s.Outcome != brook.OutcomeDone || !s.Called {
		t.Errorf("rebuilt: %+v", s.Operation)
	}
	for _, s := range o.all {
		if (s.Kind == brook.OperationEvent || s.Kind == brook.OperationSet) && !s.Replay {
			t.Errorf("in a rebuild: %+v", s.Operation)
		}
	}
}

// Joined hooks are all called, End in the reverse order, and each has the context and the headers of
// its own.
func TestJoinedHooks(t *testing.T) {
	var first, second operations
	var order []string
	note := func(name string) brook.Hooks {
		return brook.Hooks{
			Commit: func(brook.Commit) { order = append(order, name) },
			End: func(_ context.Context, op *brook.Operation) {
				if op.Kind == brook.OperationSet {
					order = append(order, name+" ends")
				}
			},
		}
	}
	c := config(memdriver.New(), newNear())
	c.Hooks = brook.JoinHooks(note("1"), first.hooks(), note("2"), second.hooks())
	app := newLedger(t, c, &ledger.Audit{})
	defer app.Close()
	if _, err := app.Publish.Opened(t.Context(), ledger.Opened{Account: "a"}); err != nil {
		t.Fatal(err)
	}
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := []string{"2 ends", "1 ends", "1", "2"}; !slices.Equal(order, want) {
		t.Errorf("called %q, want %q", order, want)
	}
	for _, o := range []*operations{&first, &second} {
		o.check(t)
		wantLines(t, o.lines(),
			"publish account.opened < : done",
			"event account.opened < publish account.opened: done",
			"set Books.Opened < event account.opened: done",
		)
	}
}
