package engine_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/errands"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// orders returns how many orders are folded.
func (x *desk) orders() int {
	x.t.Helper()
	n, err := x.Views.Orders.Len()
	if err != nil {
		x.t.Fatal(err)
	}
	return n
}

// publish publishes orders with a mail each to users of their own, and does not wait for them.
func (x *desk) publish(from, to int) {
	x.t.Helper()
	for n := from; n < to; n++ {
		e := errands.Placed{Order: fmt.Sprint("o", n), User: fmt.Sprint("u", n), Mails: 1}
		if _, err := x.Publish.Placed(x.t.Context(), e); err != nil {
			x.t.Fatal(err)
		}
	}
}

// A partition with as many jobs that wait as Config.Jobs allows stands still, also after a restart,
// until some are done. Other partitions go on, and nothing is lost.
func TestMaxWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mailbox{}
		c := config(memdriver.New(memdriver.Partitions(2)), newStore())
		c.BatchSize, c.Jobs = 3, brook.Jobs{
			Attempts: 1000, MaxWaiting: 5, Min: time.Second, Max: time.Second,
		}
		m.failing(func(brook.Job[errands.SendMail]) error { return errors.New("away") })
		x := openDesk(t, c, m, errands.Desk{})
		x.publish(0, 40)
		for range 2 {
			time.Sleep(5 * time.Second)
			synctest.Wait()
			if n := x.orders(); n != 10 {
				t.Errorf("%d orders are folded, want 5 of each partition", n)
			}
			if err := x.stop(); err != nil {
				t.Fatal(err)
			}
			x = openDesk(t, c, m, errands.Desk{})
		}
		m.failing(func(j brook.Job[errands.SendMail]) error {
			if j.Position.Partition == 0 {
				return errors.New("away")
			}
			return nil
		})
		time.Sleep(time.Minute)
		synctest.Wait()
		m.failing(nil)
		if n := x.orders(); n <= 10 || n >= 40 {
			t.Errorf("%d orders are folded, want 5, and all of the other partition", n)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := x.orders(); n != 40 {
			t.Errorf("%d orders are folded in the end, want 40", n)
		}
	})
}

// Jobs that a dead letter holds up count as well, until it is redriven or dropped.
func TestMaxWaitingBehindADeadLetter(t *testing.T) {
	for _, then := range []string{"redrive", "drop"} {
		synctest.Test(t, func(t *testing.T) {
			m := &mailbox{}
			c := config(memdriver.New(), newStore())
			c.Jobs.MaxWaiting = 3
			m.failing(func(brook.Job[errands.SendMail]) error { return brook.ErrPermanent })
			x := openDesk(t, c, m, errands.Desk{})
			for n := range 8 {
				e := errands.Placed{Order: fmt.Sprint("o", n), User: "u", Mails: 1}
				if _, err := x.Publish.Placed(t.Context(), e); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(time.Second)
			synctest.Wait()
			if n := x.orders(); n != 4 {
				t.Errorf("%d orders are folded, want the one of the letter, and 3 behind it", n)
			}
			m.failing(nil)
			act := x.Redrive
			if then == "drop" {
				act = x.Drop
			}
			if n, err := act(t.Context(), nil); n != 1 || err != nil {
				t.Error(n, err)
			}
			time.Sleep(time.Second)
			synctest.Wait()
			if n := x.orders(); n != 8 {
				t.Errorf("%s: %d orders are folded in the end, want 8", then, n)
			}
		})
	}
}

// An event of Process asks for jobs as well. They have the event's ID in theirs, are done in the
// order of the calls, and outlive the process and a rebuild, which forgets the event.
func TestProcessAsksForJobs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mailbox{}
		c := config(memdriver.New(), newStore())
		away := func(brook.Job[errands.SendMail]) error { return errors.New("away") }
		m.failing(away)
		x := openDesk(t, c, m, errands.Desk{})
		for n := range 3 {
			e := errands.Placed{Order: fmt.Sprint("o", n), User: "u", Mails: 1}
			if err := x.Process.Placed(t.Context(), e); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Millisecond)
		}
		synctest.Wait()
		first := m.ids()[0]
		j := m.tries[0]
		if !j.Position.IsZero() || j.Cause == "" || j.ID != "job/ledger/"+j.Cause+"/Desk/0" {
			t.Errorf("the job is %+v", j)
		}
		if err := x.Rebuild(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := x.orders(); n != 0 {
			t.Errorf("after the rebuild there are %d orders", n)
		}
		if err := x.stop(); err != nil {
			t.Fatal(err)
		}
		m.failing(func(j brook.Job[errands.SendMail]) error {
			if j.Data.Order == "o1" {
				return brook.ErrPermanent
			}
			return nil
		})
		before := len(m.tried())
		x = openDesk(t, c, m, errands.Desk{})
		time.Sleep(time.Minute)
		synctest.Wait()
		got := m.tried()[before:]
		if len(got) != 2 || !strings.HasPrefix(got[0], "o0/0 ") || got[1] != "o1/0 1" || m.ids()[before] != first {
			t.Errorf("then tried %q, the first as %s, want o0 as %s, and o1", got, m.ids()[before], first)
		}
		if n := len(x.letters()); n != 1 {
			t.Errorf("%d letters, want 1", n)
		}
		m.failing(nil)
		before = len(m.tried())
		if n, err := x.Redrive(t.Context(), nil); n != 1 || err != nil {
			t.Error(n, err)
		}
		synctest.Wait()
		if got, want := m.tried()[before:], []string{"o1/0 1", "o2/0 1"}; !slices.Equal(got, want) {
			t.Errorf("redriven: %q, want %q", got, want)
		}
	})
}

// Process keeps nothing of an event that fails: no job, and nothing that FailWith has.
func TestProcessFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := openDesk(t, config(memdriver.New(), newStore()), &mailbox{}, errands.Desk{})
		err := x.Process.Placed(t.Context(),
			errands.Placed{Order: "o1", User: "u", Mails: 1, Fail: "sold out"})
		if err == nil || !strings.Contains(err.Error(), "sold out") {
			t.Errorf("Process: %v", err)
		}
		if err := x.Process.Paid(t.Context(), errands.Paid{Order: "o1", User: "u"}); err == nil {
			t.Error("Process takes an event that comes too early")
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if end := x.end(); end != 0 || len(x.tried()) > 0 || len(x.letters()) > 0 {
			t.Errorf("%d events, tried %q, letters %q", end, x.tried(), x.letters())
		}
	})
}
