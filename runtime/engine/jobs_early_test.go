package engine_test

import (
	"slices"
	"testing"
	"testing/synctest"

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
