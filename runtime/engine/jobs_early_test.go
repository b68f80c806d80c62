package engine_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/errands"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// A job that an event asks for which came too early is done once that event is woken, and not
// before.
func TestEarlyEventAsksForJob(t *testing.T) {
	for _, partitions := range []int{1, 4} {
		synctest.Test(t, func(t *testing.T) {
			driver := memdriver.New(memdriver.Partitions(partitions))
			x := openDesk(t, config(driver, newStore()), &mailbox{}, errands.Desk{})
			paid := errands.Paid{Order: "o1", User: "u1"}
			if _, err := x.Publish.Paid(t.Context(), paid); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if got := x.tried(); len(got) > 0 {
				t.Errorf("tried %q before the order", got)
			}
			x.place("o1", "u1", 0)
			synctest.Wait()
			if got, want := x.tried(), []string{"o1/-1 1"}; !slices.Equal(got, want) {
				t.Errorf("tried %q, want %q", got, want)
			}
		})
	}
}

// So is it over a store that forgets, if an earlier run came to the two in the other order and acted
// on the order alone. Until the job is done, another start does it again.
func TestJobOfEarlyEventInAnotherOrderThanBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, m := memdriver.New(), &mailbox{}
		app, err := errands.NewApp(config(d, newStore()), &errands.Mailer{Mail: m.mail}, errands.Desk{})
		if err != nil {
			t.Fatal(err)
		}
		_, paid := app.Publish.Paid(t.Context(), errands.Paid{Order: "o1", User: "u1"})
		time.Sleep(time.Second) // so that it comes second
		at, placed := app.Publish.Placed(t.Context(), errands.Placed{Order: "o1", User: "u1"})
		before := []brook.Position{{Topic: at.Topic, Offset: at.Offset + 1}}
		marked := d.Mark(t.Context(), "ledger", before)
		if err := errors.Join(paid, placed, marked, app.Close()); err != nil {
			t.Fatal(err)
		}
		m.failing(func(brook.Job[errands.SendMail]) error { return errors.New("away") })
		for n, want := range []bool{true, true, false} { // starts, and whether they do the job
			if n == 1 {
				m.failing(nil)
			}
			tries := len(m.tried())
			x := openDesk(t, config(d, newStore()), m, errands.Desk{})
			time.Sleep(5 * time.Second)
			synctest.Wait()
			if did := len(m.tried()) > tries; did != want {
				t.Errorf("start %d: the job is done: %t", n, did)
			}
			if err := x.stop(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
