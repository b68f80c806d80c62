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
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// pay publishes the payment of an order, and waits until it is dealt with for now.
func (x *desk) pay(order string) {
	x.t.Helper()
	if _, err := x.Publish.Paid(x.t.Context(), errands.Paid{Order: order, User: "u"}); err != nil {
		x.t.Fatal(err)
	}
	synctest.Wait()
}

// refused returns why orders were refused, as far as that was published, in the order of the log.
func (x *desk) refused() (all []string) {
	x.t.Helper()
	synctest.Wait()
	for o, err := range x.Views.Orders.All() {
		if err != nil {
			x.t.Fatal(err)
		}
		if o.Value.Refused != "" {
			all = append(all, o.Value.ID+": "+o.Value.Refused)
		}
	}
	return all
}

// wantLetters compares the stages and keys of the dead letters.
func (x *desk) wantLetters(want ...string) {
	x.t.Helper()
	var got []string
	for l, err := range x.DeadLetters() {
		if err != nil {
			x.t.Fatal(err)
		}
		got = append(got, l.Stage+" "+string(l.Key))
	}
	if !slices.Equal(got, want) {
		x.t.Errorf("the letters are %q, want %q", got, want)
	}
}

// What came too early speaks of no failure: not when it is parked, and not when it is reported. It
// does when it fails once it is woken, with the letter of that, and once.
func TestFailWithEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bugs{}
		c := config(memdriver.New(), newStore())
		c.Patience = time.Minute
		x := openDesk(t, c, &mailbox{}, errands.Desk{Check: b.check})
		x.pay("o1")
		x.pay("o2")
		time.Sleep(time.Hour)
		synctest.Wait()
		x.wantLetters("early o1", "early o2")
		if end := x.end(); end != 0 {
			t.Errorf("%d events were published of what came too early", end)
		}
		if n, err := x.Redrive(t.Context(), nil); n != 0 || err != nil {
			t.Error(n, err)
		}
		b.failing(func(what string) error {
			if what == "payment of o1" {
				return errors.New("no such account")
			}
			return nil
		})
		x.place("o1", "u", 0)
		x.place("o2", "u", 0)
		want := []string{"no o1: no such account"}
		for range 2 {
			if got := x.refused(); !slices.Equal(got, want) {
				t.Errorf("refused %q, want %q", got, want)
			}
			x.wantLetters("handle o1")
			if n, err := x.Redrive(t.Context(), nil); n != 0 || err != nil { // in vain
				t.Error(n, err)
			}
		}
		if end := x.end(); end != 4 {
			t.Errorf("the log has %d events, want 2 orders, a refusal and a mail", end)
		}
		b.failing(nil)
		if n, err := x.Redrive(t.Context(), nil); n != 1 || err != nil {
			t.Error(n, err)
		}
		synctest.Wait()
		if got, want := x.tried(), []string{"o2/-1 1", "o1/-1 1"}; !slices.Equal(got, want) {
			t.Errorf("tried %q, want %q", got, want)
		}
	})
}

// An event that comes too early and can't be parked any more is a dead letter: it speaks.
func TestFailWithOfWhatCanNotBeParked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := config(memdriver.New(), newStore())
		c.MaxParked = 1
		x := openDesk(t, c, &mailbox{}, errands.Desk{})
		for _, order := range []string{"o0", "o1", "o2"} {
			x.pay(order)
		}
		x.wantLetters("handle o1", "handle o2")
		want := []string{"no o1: not placed", "no o2: not placed"}
		if got := x.refused(); !slices.Equal(got, want) {
			t.Errorf("refused %q, want %q", got, want)
		}
		x.place("o2", "u", 0)
		if n, err := x.Redrive(t.Context(), nil); n != 1 || err != nil {
			t.Error(n, err)
		}
		synctest.Wait()
		if got, want := x.tried(), []string{"o2/-1 1"}; !slices.Equal(got, want) {
			t.Errorf("tried %q, want %q", got, want)
		}
	})
}

// A failure speaks when its letter is made: not while its event is tried again, not if the failure
// ends Run, and not on a rebuild or a cold start.
func TestFailWithSpeaksOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, b := memdriver.New(), &bugs{}
		c := config(d, mapstore.New())
		c.Retry = brook.Retry{Attempts: 3, Min: time.Second, Max: time.Second}
		b.failing(func(order string) error {
			switch order {
			case "o1":
				return fmt.Errorf("not now: %w", brook.ErrRetry)
			case "o2":
				return errors.New("never")
			}
			return nil
		})
		speaks := errands.Desk{Check: func(order string) error {
			err := b.check(order)
			if err == nil {
				return nil
			}
			return brook.FailWith(err, brook.Emit(errands.Refused{Refusal: order, Why: err.Error()}))
		}}
		x := openDesk(t, c, &mailbox{}, speaks)
		at := func(order string) {
			t.Helper()
			_, err := x.Publish.Placed(t.Context(), errands.Placed{Order: order, User: "u", Mails: 1})
			if err != nil {
				t.Fatal(err)
			}
		}
		at("o1")
		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		if end := x.end(); end != 1 {
			t.Errorf("%d events in the log while the first is tried again", end)
		}
		time.Sleep(5 * time.Second)
		at("o2")
		at("o3")
		time.Sleep(10 * time.Second)
		synctest.Wait()
		want := []string{"o1: not now: ", "o2: never"}
		got := x.refused()
		for i := range got {
			if len(got) != len(want) || !strings.HasPrefix(got[i], want[i]) {
				t.Fatalf("refused %q, want %q", got, want)
			}
		}
		end := x.end()
		if err := x.Rebuild(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		if err := x.stop(); err != nil {
			t.Fatal(err)
		}
		c.Store = mapstore.New()
		x = openDesk(t, c, &mailbox{}, speaks)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if now := x.end(); now != end {
			t.Errorf("a rebuild and a cold start published %d more", now-end)
		}
	})
}

// With OnFailure: stop nothing is kept of what failed, and nothing published of it.
func TestFailWithThatStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := config(memdriver.New(), newStore())
		c.OnFailure = brook.Stop
		app, err := errands.NewApp(c, &errands.Mailer{}, errands.Desk{})
		if err != nil {
			t.Fatal(err)
		}
		defer app.Close()
		if _, err := app.Publish.Placed(t.Context(),
			errands.Placed{Order: "o1", User: "u", Mails: 1, Fail: "sold out"}); err != nil {
			t.Fatal(err)
		}
		if err := app.CatchUp(t.Context()); err == nil || !strings.Contains(err.Error(), "sold out") {
			t.Errorf("CatchUp: %v", err)
		}
		x := &desk{App: app, t: t, driver: c.Driver}
		if end := x.end(); end != 1 {
			t.Errorf("%d events in the log, want the order", end)
		}
	})
}
