package engine_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/errands"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// ids returns the IDs of the mails that were tried.
func (m *mailbox) ids() (all []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, j := range m.tries {
		all = append(all, j.ID)
	}
	return all
}

// A cold start of a map store does again what was not done, with the same IDs, and nothing of what
// was done before the first job that was not.
func TestJobsAfterAColdStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, m := memdriver.New(), &mailbox{}
		x := openDesk(t, config(d, mapstore.New()), m, errands.Desk{})
		x.place("o1", "u1", 1)
		time.Sleep(5 * time.Second) // the mark is stored
		m.failing(func(brook.Job[errands.SendMail]) error { return errors.New("away") })
		x.place("o2", "u2", 1)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if err := x.stop(); err != nil {
			t.Fatal(err)
		}
		before := m.ids()
		m.failing(nil)
		x = openDesk(t, config(d, mapstore.New()), m, errands.Desk{})
		time.Sleep(5 * time.Second)
		synctest.Wait()
		after := m.ids()[len(before):]
		if !slices.Equal(after, before[len(before)-1:]) {
			t.Errorf("done again: %v; before: %v", after, before)
		}
		if o := x.order("o2"); !slices.Equal(o.Sent, []int{0}) {
			t.Errorf("the order is %+v", o)
		}
		if err := x.stop(); err != nil {
			t.Fatal(err)
		}
		n := len(m.ids())
		openDesk(t, config(d, mapstore.New()), m, errands.Desk{})
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if again := m.ids()[n:]; len(again) > 0 {
			t.Errorf("all was done, and is done again: %v", again)
		}
	})
}

// The end of Run is no try, and a job that was being done is done again.
func TestEndOfRunIsNoTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s, m := memdriver.New(), newStore(), &mailbox{}
		x := openDesk(t, config(d, s), m, errands.Desk{})
		began := make(chan bool, 1)
		x.failing(func(brook.Job[errands.SendMail]) error {
			began <- true
			time.Sleep(3 * time.Second) // longer than the end of Run waits before it ends contexts
			return errors.New("interrupted")
		})
		x.place("o1", "u1", 1)
		<-began
		if err := x.stop(); err != nil {
			t.Fatal(err)
		}
		m.failing(nil)
		openDesk(t, config(d, s), m, errands.Desk{})
		time.Sleep(time.Second)
		synctest.Wait()
		want := []string{"o1/0 1", "o1/0 1"}
		if got := m.tried(); !slices.Equal(got, want) || m.ids()[0] != m.ids()[1] {
			t.Errorf("tried %v, want %v with one ID", got, want)
		}
	})
}

// A rebuild does no job again, keeps what waits and the letters of jobs, and does what a dead letter
// of the live views never asked for.
func TestJobsAndRebuilds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mailbox{}
		c := config(memdriver.New(), newStore())
		x := openDesk(t, c, m, errands.Desk{})
		x.place("o1", "u1", 1)
		synctest.Wait()
		m.failing(func(j brook.Job[errands.SendMail]) error {
			if j.Data.To == "u3" {
				return brook.ErrPermanent
			}
			return errors.New("away")
		})
		x.place("o2", "u2", 1)
		x.place("o3", "u3", 2)
		synctest.Wait()
		before := x.letters()
		if len(before) != 1 {
			t.Fatalf("the letters are %q", before)
		}
		n := len(m.tried())
		if err := x.Rebuild(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if after := x.letters(); !slices.Equal(after, before) {
			t.Errorf("the letters are %q, want %q", after, before)
		}
		if again := m.tried()[n:]; len(again) > 0 {
			t.Errorf("the rebuild did %v", again)
		}
		m.failing(nil)
		time.Sleep(3 * time.Second)
		if n, err := x.Redrive(t.Context(), nil); n != 1 || err != nil {
			t.Error(n, err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		want := []string{"o2/0 2", "o3/0 1", "o3/1 1"}
		if got := m.tried()[n:]; !slices.Equal(got, want) {
			t.Errorf("then tried %v, want %v", got, want)
		}
	})
}
