package engine_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/errands"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// mailbox is a service outside that sends mails, and fails as it is told.
type mailbox struct {
	mu    sync.Mutex
	fail  func(brook.Job[errands.SendMail]) error
	tries []brook.Job[errands.SendMail]
}

// mail is what the worker does.
func (m *mailbox) mail(_ context.Context, j brook.Job[errands.SendMail]) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tries = append(m.tries, j)
	if m.fail != nil {
		return m.fail(j)
	}
	return nil
}

// tried returns what was tried, as "order/number attempt".
func (m *mailbox) tried() (all []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, j := range m.tries {
		all = append(all, fmt.Sprintf("%s/%d %d", j.Data.Order, j.Data.Number, j.Attempt))
	}
	return all
}

// failing makes the mailbox fail, or work again with nil.
func (m *mailbox) failing(fail func(brook.Job[errands.SendMail]) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = fail
}

// desk is an app with jobs that runs.
type desk struct {
	*errands.App
	*mailbox
	t      *testing.T
	driver brook.Driver
	stop   func() error
}

// openDesk opens an app with jobs and runs it until the test ends, or stop is called.
func openDesk(t *testing.T, c brook.Config, m *mailbox, d errands.Desk) *desk {
	t.Helper()
	app, err := errands.NewApp(c, &errands.Mailer{Mail: m.mail}, d)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- app.Run(ctx) }()
	x := &desk{App: app, mailbox: m, t: t, driver: c.Driver}
	x.stop = sync.OnceValue(func() error {
		cancel()
		return errors.Join(<-done, app.Close())
	})
	t.Cleanup(func() {
		if err := x.stop(); err != nil {
			t.Error(err)
		}
	})
	return x
}

// place publishes an order with mails to a user, and waits until it is folded.
func (x *desk) place(order, user string, mails int) {
	x.t.Helper()
	pos, err := x.Publish.Placed(x.t.Context(),
		errands.Placed{Order: order, User: user, Mails: mails})
	if err == nil {
		err = x.WaitFor(x.t.Context(), pos)
	}
	if err != nil {
		x.t.Fatal(err)
	}
}

// order returns what the views have of an order.
func (x *desk) order(id string) errands.Order {
	x.t.Helper()
	o, err := x.Views.Orders.Get(id)
	if err != nil {
		x.t.Fatal(err)
	}
	return o
}

// letters returns the dead letters as "stage type key attempts error".
func (x *desk) letters() (all []string) {
	x.t.Helper()
	for l, err := range x.DeadLetters() {
		if err != nil {
			x.t.Fatal(err)
		}
		all = append(all,
			fmt.Sprintf("%s %s %s %d %s", l.Stage, l.Type, l.Key, l.Attempts, l.Error))
	}
	return all
}

// A job is done after the commit that asked for it, with all that is known of it, and what its
// worker publishes is folded; its ID and order are those of the asking event.
func TestJobIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := openDesk(t, config(memdriver.New(), newStore()), &mailbox{}, errands.Desk{})
		x.place("o1", "u1", 2)
		synctest.Wait()
		o := x.order("o1")
		if !slices.Equal(o.Sent, []int{0, 1}) || o.Placed != 1 {
			t.Errorf("the order is %+v", o)
		}
		if len(x.tries) != 2 {
			t.Fatalf("tried %v", x.tried())
		}
		events, err := x.Views.Orders.EventsOfPlaced("o1")
		if err != nil || len(events) != 1 {
			t.Fatal(events, err)
		}
		for n, j := range x.tries {
			suffix := fmt.Sprintf("/%d/Desk/%d", j.Position.Offset, n)
			if !strings.HasPrefix(j.ID, "job/ledger/") || !strings.HasSuffix(j.ID, suffix) || o.Jobs[n] != j.ID {
				t.Errorf("the ID is %q, that of the event %q, want job/ledger/…%s", j.ID, o.Jobs[n], suffix)
			}
			e := events[0]
			if string(j.Key) != "u1" || j.Attempt != 1 || j.Cause != e.ID ||
				j.Position != e.Position || !j.Time.Equal(e.Time) {
				t.Errorf("the job is %+v, of %+v", j, e)
			}
		}
		sent, err := x.Views.Orders.EventsOfSent("o1")
		if err != nil || len(sent) != 2 || sent[0].Cause != events[0].ID || sent[0].ID == sent[1].ID {
			t.Errorf("what the worker published: %+v, %v", sent, err)
		}
	})
}

// A job that fails is tried again after a wait that doubles, those of its key wait behind it, and
// those of other keys and types do not.
func TestJobIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mailbox{}
		m.failing(func(j brook.Job[errands.SendMail]) error {
			switch {
			case j.Data.Order != "o1" || j.Data.Number > 0 || j.Attempt > 3:
				return nil
			case j.Attempt == 2:
				panic("oh")
			}
			return errors.New("away")
		})
		c := config(memdriver.New(), newStore())
		var failures []brook.Failure
		c.Hooks.Failure = func(f brook.Failure) { failures = append(failures, f) }
		var collected atomic.Int64
		x := openDesk(t, c, m, errands.Desk{Collected: func(brook.Job[errands.Collect]) error {
			collected.Add(1)
			return nil
		}})
		x.place("o1", "u1", 2)
		synctest.Wait() // else the worker may try them in any order
		x.place("o2", "u2", 1)
		synctest.Wait()
		want := []string{"o1/0 1", "o2/0 1"}
		if got := x.tried(); !slices.Equal(got, want) || collected.Load() != 2 {
			t.Errorf("tried %v and %d parcels, want %v and 2", got, collected.Load(), want)
		}
		began := time.Now()
		for len(x.tried()) < 6 {
			time.Sleep(100 * time.Millisecond)
			synctest.Wait()
			if time.Since(began) > time.Minute {
				break
			}
		}
		want = append(want, "o1/0 2", "o1/0 3", "o1/0 4", "o1/1 1")
		if got := x.tried(); !slices.Equal(got[:5], want[:5]) {
			t.Errorf("tried %v, want %v", got, want)
		}
		if took := time.Since(began); took < 5*time.Second || took > 8*time.Second {
			t.Errorf("that took %s, want waits of about 1, 2 and 4 s", took)
		}
		jobs := 0
		for _, f := range failures {
			if f.What == "job mail.send" && !f.Final && f.Position.Offset == 0 {
				jobs++
			}
		}
		if jobs != 3 {
			t.Errorf("the hook was told %v, want 3 failures of the job", failures)
		}
	})
}

// A job that is given up becomes a letter of stage job, which holds up the jobs of its key and no
// folding. Redriven, it is done in its place; dropped, the next one is done.
func TestJobLetters(t *testing.T) {
	for _, how := range []string{"permanent", "attempts"} {
		for _, then := range []string{"redrive", "drop"} {
			t.Run(how+" "+then, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { jobLetters(t, how, then) })
			})
		}
	}
}

func jobLetters(t *testing.T, how, then string) {
	m := &mailbox{}
	m.failing(func(j brook.Job[errands.SendMail]) error {
		if how == "permanent" {
			return fmt.Errorf("no such address: %w", brook.ErrPermanent)
		}
		return errors.New("away")
	})
	c := config(memdriver.New(), newStore())
	c.Jobs.Attempts = 3
	x := openDesk(t, c, m, errands.Desk{})
	x.place("o1", "u1", 2)
	x.place("o2", "u1", 1)
	time.Sleep(time.Minute)
	synctest.Wait()
	attempts := map[string]int{"permanent": 1, "attempts": 3}[how]
	if got := x.tried(); len(got) != attempts {
		t.Errorf("tried %v, want %d tries", got, attempts)
	}
	letters := x.letters()
	begin := fmt.Sprintf("job mail.send u1 %d Mailer.SendMail: ", attempts)
	if len(letters) != 1 || !strings.HasPrefix(letters[0], begin) {
		t.Fatalf("the letters are %q, want one that begins with %q", letters, begin)
	}
	for l := range x.DeadLetters() {
		if !strings.HasPrefix(l.ID, "job/") || l.Set != "Desk" || l.Position.Offset != 0 ||
			!strings.Contains(string(l.Record.Value), `"order":"o1"`) {
			t.Errorf("the letter is %+v", l)
		}
	}
	x.place("o1", "u1", 0) // folding goes on
	m.failing(nil)
	want := []string{"o1/0 1", "o1/1 1", "o2/0 1"}
	act := x.Redrive
	if then == "drop" {
		act, want = x.Drop, want[1:]
	}
	before := len(x.tried())
	if n, err := act(t.Context(), nil); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	synctest.Wait()
	if got := x.tried()[before:]; !slices.Equal(got, want) {
		t.Errorf("then tried %v, want %v", got, want)
	}
	if letters := x.letters(); len(letters) != 0 {
		t.Errorf("letters are left: %q", letters)
	}
}

// FailWith publishes with the letter, once: not while the event is redriven in vain.
func TestFailWith(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := openDesk(t, config(memdriver.New(), newStore()), &mailbox{}, errands.Desk{})
		pos, err := x.Publish.Placed(t.Context(),
			errands.Placed{Order: "o1", User: "u1", Mails: 1, Fail: "sold out"})
		if err != nil {
			t.Fatal(err)
		}
		if err := x.WaitFor(t.Context(), pos); !errors.Is(err, brook.ErrDeadLetter) {
			t.Errorf("%v, want a dead letter", err)
		}
		synctest.Wait()
		want := []string{"handle order.placed o1 1 order o1: sold out"}
		if got := x.letters(); !slices.Equal(got, want) {
			t.Errorf("the letters are %q, want %q", got, want)
		}
		if o := x.order("no o1"); !reflect.DeepEqual(o, errands.Order{ID: "no o1", Refused: "sold out"}) {
			t.Errorf("the order is %+v", o)
		}
		if n, err := x.Redrive(t.Context(), nil); n != 0 || err != nil {
			t.Error(n, err)
		}
		synctest.Wait()
		if end := x.end(); end != 2 {
			t.Errorf("the log has %d events, want the order and what was published of its failure", end)
		}
	})
}

// end returns how many records the only partition has.
func (x *desk) end() int64 {
	x.t.Helper()
	partitions, err := x.driver.Partitions(x.t.Context(), "ledger")
	if err != nil || len(partitions) != 1 {
		x.t.Fatal(partitions, err)
	}
	return partitions[0].End
}
