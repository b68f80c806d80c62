package generation

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
		a := opened(t, fakestore.Shared(s))
		b := opened(t, fakestore.Shared(s))
		time.Sleep(freshFor)
		must(t, a.Confirm(t.Context()))
		b.promote(t)
		asked := s.Gets
		time.Sleep(freshFor - 1)
		must(t, a.Confirm(t.Context()))
		want(t, "asked", s.Gets, asked)
		want(t, "live", a.Load().Number, 1)
		a.calls = nil
		time.Sleep(time.Nanosecond)
		must(t, a.Confirm(t.Context()))
		want(t, "live", a.Load().Number, 2)
		want(t, "calls", fmt.Sprint(a.calls), "[shown in place of 1 renewed true]")
		want(t, "the state waits for a reload", a.row.Known().Generation, 1)
		time.Sleep(freshFor)
		s.Reads = []error{errStore}
		wantErr(t, a.Confirm(t.Context()), errStore)
		must(t, a.Confirm(t.Context()))
		want(t, "calls", fmt.Sprint(a.calls), "[shown in place of 1 renewed true]")
	})
}

// Indexes that another process filled are seen, too, and that is no other generation.
func TestConfirmSeesIndexes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := fakestore.New()
		b := opened(t, fakestore.Shared(s))
		b.keep(t, "index/accounts/Email/1", false)
		a := opened(t, fakestore.Shared(s))
		was := a.Load()
		want(t, "its table", was.Tables[1], brook.Table("shop/1/index/accounts/Email/1"))
		want(t, "unready", was.Unready[1], true)
		b.keep(t, "index/accounts/Email/2", true)
		time.Sleep(freshFor)
		must(t, a.Confirm(t.Context()))
		want(t, "unready", a.Load().Unready[1], false)
		want(t, "its table", a.Load().Tables[1], brook.Table("shop/1/index/accounts/Email/2"))
		want(t, "the rows are those before", a.Load().Tables[0], was.Tables[0])
		want(t, "the one before stays as it was", was.Unready[1], true)
		time.Sleep(freshFor)
		must(t, a.Confirm(t.Context()))
		want(t, "calls", fmt.Sprint(a.calls), "[renewed false]")
	})
}

// Reindex opens what the state in memory names, and tells nobody.
func TestReindex(t *testing.T) {
	s := fakestore.New()
	a := opened(t, s)
	a.keep(t, "index/accounts/Email/1", true)
	want(t, "before", a.Load().Tables[1], brook.Table("shop/1/index/accounts/Email"))
	s.Opens = []error{errStore}
	_, err := a.Reindex(t.Context())
	wantErr(t, err, errStore)
	want(t, "after an error", a.Load().Tables[1], brook.Table("shop/1/index/accounts/Email"))
	g, err := a.Reindex(t.Context())
	must(t, err)
	want(t, "its table", g.Tables[1], brook.Table("shop/1/index/accounts/Email/1"))
	want(t, "is what Load returns", a.Load(), g)
	again, err := a.Reindex(t.Context())
	must(t, err)
	want(t, "once more", again, g)
	want(t, "calls", len(a.calls), 0)
}

// A store that only this process writes is never asked.
func TestConfirmOfOnesOwnStore(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := fakestore.New()
		a := opened(t, s)
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
		a := opened(t, fakestore.Shared(s))
		b := opened(t, fakestore.Shared(s))
		time.Sleep(freshFor)
		guard, err := a.Guarded(t.Context())
		must(t, err)
		defer guard.End()
		time.Sleep(time.Hour)
		must(t, guard.Check(t.Context())) // it is live still
		b.promote(t)
		time.Sleep(scanFor)
		must(t, guard.Check(t.Context()))
		want(t, "live", a.Load().Number, 2)
		want(t, "read on", guard.Gen.Number, 1)
		time.Sleep(time.Nanosecond)
		wantErr(t, guard.Check(t.Context()), brook.ErrSnapshotMoved)
		if scanFor >= KeptFor {
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
		a := opened(t, fakestore.New())
		want(t, "nobody reads it", a.Load().Release(), true)
		done := make(chan *Guard)
		go func() {
			guard, err := a.Guarded(t.Context())
			must(t, err)
			done <- guard
		}()
		g := a.promote(t)
		guard := <-done
		want(t, "read", guard.Gen, g)
		guard.End()
	})
}

// The last reader of a generation that was replaced says so, and nobody else does.
func TestUnpin(t *testing.T) {
	a := opened(t, fakestore.New())
	a.Unpin(a.Pin())
	old := a.Pin()
	want(t, "released while it is read", old.Release(), false)
	guard, err := a.Guarded(t.Context())
	must(t, err)
	a.promote(t)
	a.Unpin(old)
	want(t, "calls while one reads on", fmt.Sprint(a.calls), "[shown in place of 1]")
	guard.End()
	want(t, "calls", fmt.Sprint(a.calls), "[shown in place of 1 unread]")
	want(t, "pinned from now on", a.Pin().Number, 2)
}

// Over a store that apps of the name share, Confirm finds what the one that folds promoted.
func TestConfirmOfAnothersPromotion(t *testing.T) {
	s := fakestore.New()
	store := fakestore.Held(s)
	a, b := opened(t, store), opened(t, store)
	release, err := a.parts.Hold.Take(t.Context())
	must(t, err)
	defer release()
	old := b.Pin()
	a.promote(t)
	must(t, b.Confirm(t.Context()))
	want(t, "before it is published", b.Number(), 1)
	a.parts.Hold.Publish()
	must(t, b.Confirm(t.Context()))
	want(t, "live", b.Number(), 2)
	b.Unpin(old)
	want(t, "calls of the one that folds", fmt.Sprint(a.calls), "[shown in place of 1 roused]")
}

// A state that is gone is lost for good, as far as an app can tell.
func TestRenewWithoutAState(t *testing.T) {
	s := fakestore.New()
	a := opened(t, fakestore.Shared(s))
	s.Delete("shop/state", "state")
	_, err := a.Renew(t.Context())
	wantErr(t, err, errStateLost)
	want(t, "live", a.Number(), 1)
}
