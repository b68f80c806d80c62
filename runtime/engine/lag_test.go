package engine_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// A partition that stands still commits nothing: how far it is behind is reported all the same,
// also of what was published since, and no more once it goes on.
func TestLagOfAPartitionThatStandsStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reports := make(chan []brook.Progress, 100)
		c := config(memdriver.New(), newStore())
		c.MaxDeadLetters = 1
		c.Hooks.Lag = func(p []brook.Progress) { reports <- slices.Clone(p) }
		h := open(t, c, &ledger.Audit{Do: func(context.Context, brook.Event[ledger.Moved]) error { return errors.New("refused") }})
		publish := func(n int) {
			for range n {
				if _, err := h.Publish.Moved(t.Context(), ledger.Moved{Account: "a"}); err != nil {
					t.Fatal(err)
				}
			}
		}
		publish(3)
		time.Sleep(2*lagEvery + time.Second)
		if got := <-reports; len(got) != 1 || got[0].Lag() != 2 || got[0].Next != 1 {
			t.Fatalf("reported %+v, want that 2 wait behind the letter", got)
		}
		publish(5)
		time.Sleep(lagEvery)
		for len(reports) > 1 {
			<-reports
		}
		if got := <-reports; len(got) != 1 || got[0].Lag() != 7 {
			t.Fatalf("reported %+v, want the 5 that came since, too", got)
		}
		if _, err := h.Drop(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		for range 10 {
			synctest.Wait()
			if _, err := h.Drop(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(lagEvery + time.Second) // the one that was under way may still be reported
		for len(reports) > 0 {
			<-reports
		}
		time.Sleep(3 * lagEvery)
		if len(reports) > 0 {
			t.Errorf("reported %+v though all is dealt with", <-reports)
		}
	})
}

const lagEvery = 10 * time.Second
