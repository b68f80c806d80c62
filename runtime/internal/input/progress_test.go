package input_test

import (
	"context"
	"errors"
	"maps"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := input.NewProgress()
		id, other := partition.ID{Topic: "in"}, partition.ID{Topic: "in", Number: 1}
		var waited error
		done := false
		go func() {
			waited = p.Wait(t.Context(), id.At(4), nil)
			done = true
		}()
		p.Advance(id, 4)
		p.Advance(other, 9)
		synctest.Wait()
		if done {
			t.Fatal("the wait is over before the event is dealt with")
		}
		p.AdvanceTo(id.At(5))
		synctest.Wait()
		if !done || waited != nil {
			t.Errorf("the wait is over: %t, %v", done, waited)
		}
		p.Advance(id, 2)
		if want := map[partition.ID]int64{id: 5, other: 9}; p.At(id) != 5 ||
			!maps.Equal(p.All(), want) {
			t.Errorf("%v, want %v", p.All(), want)
		}

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := p.Wait(ctx, id.At(5), nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waited until %v, want the end of the context", err)
		}
		closed := make(chan struct{})
		close(closed)
		if err := p.Wait(t.Context(), id.At(5), closed); !errors.Is(err, brook.ErrClosed) {
			t.Errorf("waited until %v, want ErrClosed", err)
		}
	})
}

// A run that fails ends all waits but those for what is dealt with, until the next run begins.
func TestProgressOfARunThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, id := input.NewProgress(), partition.ID{Topic: "in"}
		errBroken := errors.New("broken")
		p.Advance(id, 4)
		wait := func(offset int64) chan error {
			done := make(chan error, 1)
			go func() { done <- p.Wait(t.Context(), id.At(offset), nil) }()
			synctest.Wait()
			return done
		}
		before := wait(4)
		p.Began()
		p.Failed(errBroken)
		p.Began() // at once: who waited hears of the failure all the same
		if err := <-before; !errors.Is(err, errBroken) {
			t.Errorf("who waited: %v", err)
		}
		next := wait(4)
		if len(next) > 0 {
			t.Fatalf("who waits for the next run: %v", <-next)
		}
		p.Advance(id, 5)
		if err := <-next; err != nil {
			t.Error(err)
		}
		p.Failed(errBroken)
		if err := <-wait(4); err != nil {
			t.Errorf("what is dealt with: %v", err)
		}
		if err := <-wait(5); !errors.Is(err, errBroken) {
			t.Errorf("who begins to wait after the failure: %v", err)
		}
	})
}

// A partition is confirmed by who compared its log or read from it, not by what the store holds.
func TestProgressConfirmed(t *testing.T) {
	p := input.NewProgress()
	one, two, three := partition.ID{Topic: "in"}, partition.ID{Topic: "in", Number: 1},
		partition.ID{Topic: "in", Number: 2}
	p.Advance(one, 4)
	p.AdvanceTo(two.At(4))
	p.Confirm(three)
	if p.Confirmed(one) || !p.Confirmed(two) || !p.Confirmed(three) {
		t.Error("confirmed:", p.Confirmed(one), p.Confirmed(two), p.Confirmed(three))
	}
	p.Doubt()
	if p.Confirmed(two) || p.Confirmed(three) {
		t.Error("nothing is confirmed after doubt")
	}
}
