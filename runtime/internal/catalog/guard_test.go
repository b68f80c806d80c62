package catalog

import (
	"context"
	"fmt"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/fakestore"
)

// The store is asked which generation is live at most once in freshFor, and another process's
// promotion is seen no later.
func TestConfirm(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := fakestore.New()
		a := claimed(t, fakestore.Shared(s), version{})
		b := claimed(t, fakestore.Shared(s), version{})
		time.Sleep(freshFor)
		must(t, a.Confirm(t.Context()))
		must(t, b.promote(t, b.build(t)))
		asked := s.Gets
		time.Sleep(freshFor - 1)
		must(t, a.Confirm(t.Context()))
		want(t, "asked", s.Gets, asked)
		want(t, "live", a.Live().Number, 1)
		a.calls = nil
		time.Sleep(time.Nanosecond)
		must(t, a.Confirm(t.Context()))
		want(t, "live", a.Live().Number, 2)
		want(t, "calls", fmt.Sprint(a.calls), "[shown true renewed true]")
		want(t, "the state waits for a reload", a.row.Known().Generation, 1)
		time.Sleep(freshFor)
		s.Reads = []error{errStore}
		wantErr(t, a.Confirm(t.Context()), errStore)
		must(t, a.Confirm(t.Context()))
		want(t, "calls", fmt.Sprint(a.calls), "[shown true renewed true]")
	})
}

// Indexes that another process filled are seen, too, and that is no other generation.
func TestConfirmSeesIndexes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := fakestore.New()
		claimed(t, fakestore.Shared(s), version{})
		v := version{indexed: true}
		a, b := claimed(t, fakestore.Shared(s), v), claimed(t, fakestore.Shared(s), v)
		must(t, b.Filled(t.Context(), b.Live(), b.Unfilled()[0]))
		want(t, "unready", a.Live().Unready[1], true)
		a.calls = nil
		time.Sleep(freshFor)
		must(t, a.Confirm(t.Context()))
		want(t, "unready", a.Live().Unready[1], false)
		time.Sleep(freshFor)
		must(t, a.Confirm(t.Context()))
		want(t, "calls", fmt.Sprint(a.calls), "[renewed false]")
	})
}

// A store that only this process writes is never asked.
func TestConfirmOfOnesOwnStore(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := fakestore.New()
		a := claimed(t, s, version{})
		asked := s.Gets
		time.Sleep(time.Hour)
		must(t, a.Confirm(t.Context()))
		want(t, "asked", s.Gets, asked)
	})
}

// A long read of a generation goes on for scanFor after that was known to be live, and then ends.
func TestGuard(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := fakestore.New()
		a := claimed(t, fakestore.Shared(s), version{})
		b := claimed(t, fakestore.Shared(s), version{})
		time.Sleep(freshFor)
		guard, err := a.Guarded(t.Context())
		must(t, err)
		defer guard.End()
		time.Sleep(time.Hour)
		must(t, guard.Check(t.Context())) // it is live still
		must(t, b.promote(t, b.build(t)))
		time.Sleep(scanFor)
		must(t, guard.Check(t.Context()))
		want(t, "live", a.Live().Number, 2)
		want(t, "read on", guard.Gen.Number, 1)
		time.Sleep(time.Nanosecond)
		wantErr(t, guard.Check(t.Context()), brook.ErrSnapshotMoved)
		if scanFor >= keptFor {
			t.Error("a scan may go on in what is being removed")
		}

		s.Reads = []error{errStore}
		time.Sleep(freshFor)
		wantErr(t, guard.Check(t.Context()), errStore)
		must(t, (*Guard)(nil).Check(t.Context()))
		time.Sleep(freshFor)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = a.Guarded(ctx)
		wantErr(t, err, context.Canceled)
	})
}

// A reader that meets a generation under removal reads the next one.
func TestGuardedPassesOverWhatIsRemoved(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := fakestore.New()
		a := claimed(t, s, version{})
		g := a.build(t)
		want(t, "nobody reads it", a.Live().pins.Release(), true)
		done := make(chan *Guard)
		go func() {
			guard, err := a.Guarded(t.Context())
			must(t, err)
			done <- guard
		}()
		must(t, a.promote(t, g))
		guard := <-done
		want(t, "read", guard.Gen, g)
		guard.End()
	})
}
