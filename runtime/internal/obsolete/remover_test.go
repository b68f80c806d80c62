package obsolete

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/fakestore"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/staterow"
)

// fill puts rows into the tables of generation 1, one of which no code knows any more.
func fill(t *testing.T, s *fakestore.Store, r *rig) {
	t.Helper()
	r.update(t, func(next *staterow.State) {
		next.Tables[1] = []string{"rows/accounts", "rows/gone"}
	})
	for _, name := range []string{"rows/accounts", "rows/gone", "positions", "letters", "folded",
		"window", "dropped", "owed"} {
		for i := range 5 {
			s.Put("shop/1/"+name, fmt.Sprint(i), "row")
		}
	}
	s.Put("shop/1/shapes", "accounts\x00\x00\x00\x00\x01", "{id string}")
}

// A generation that was replaced is removed once nobody reads it, whatever tables it has, and then
// the state forgets it.
func TestRemovalWaitsForReaders(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := fakestore.New()
		a := newRig(t, s)
		fill(t, s, a)
		go a.Run()
		old := a.current.Pin()
		guard, err := a.current.Guarded(t.Context())
		must(t, err)
		a.promote(t)
		a.Wake()
		synctest.Wait()
		want(t, "tables while it is read", len(s.Left("shop/1/")), 9)
		a.current.Unpin(old)
		synctest.Wait()
		want(t, "tables while one reads on", len(s.Left("shop/1/")), 9)
		guard.End()
		synctest.Wait()
		want(t, "tables", fmt.Sprint(s.Left("shop/1/")), "[]")
		after := a.known(t)
		want(t, "the state", fmt.Sprint(after.Dropped, after.Tables, after.Replaced),
			"[] map[2:[rows/accounts]] map[]")
		want(t, "pins", a.current.Pin().Number, 2)
		want(t, "generations that may still be read", len(a.read), 0)
		a.close()
		synctest.Wait()
	})
}

// Where several processes write the store, others may read a generation for KeptFor after it was
// replaced.
func TestRemovalWaitsForOtherProcesses(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := fakestore.New()
		a := newRig(t, fakestore.Shared(s))
		fill(t, s, a)
		a.promote(t)
		time.Sleep(time.Second)
		a.promote(t)
		wait, err := a.Sweep(t.Context())
		must(t, err)
		want(t, "the wait for the first", wait, generation.KeptFor-time.Second)
		go a.Run()
		time.Sleep(wait - 1)
		synctest.Wait()
		want(t, "tables before", len(s.Left("shop/1/")), 9)
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		want(t, "tables after", fmt.Sprint(s.Left("shop/1/")), "[]")
		want(t, "obsolete still", fmt.Sprint(a.known(t).Dropped), "[2]")
		time.Sleep(time.Second)
		synctest.Wait()
		want(t, "obsolete in the end", fmt.Sprint(a.known(t).Dropped), "[]")
		a.close()
		synctest.Wait()
	})
}

// What this process or another builds is theirs; what a process that is no more began is removed.
func TestRemovalOfConstructions(t *testing.T) {
	for _, test := range []struct {
		name       string
		shared     bool
		building   int
		left, rows int
	}{
		{"one's own", false, 2, 2, 1},
		{"of a process that is no more", false, 0, 0, 0},
		{"of another process", true, 0, 2, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := fakestore.New()
			var store brook.Store = s
			if test.shared {
				store = fakestore.Shared(s)
			}
			a := newRig(t, store)
			a.update(t, func(next *staterow.State) { next.Building = 2 })
			s.Put("shop/2/rows/accounts", "k", "row")
			a.building = test.building
			_, err := a.Sweep(t.Context())
			must(t, err)
			want(t, "under construction", a.known(t).Building, test.left)
			want(t, "rows", s.Size("shop/2/rows/accounts"), test.rows)
		})
	}
}

// Removal is tried again while the store fails, but not if that is for good. The shapes of a
// generation go last, as its rows can't be read without.
func TestRemovalOverABrokenStore(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := fakestore.New()
		a := newRig(t, s)
		fill(t, s, a)
		a.promote(t)
		s.Fail(nil, nil, errStore, nil, errStore)
		go a.Run()
		synctest.Wait()
		want(t, "failures", len(a.failures()), 1)
		want(t, "shapes", s.Size("shop/1/shapes"), 1)
		time.Sleep(time.Minute)
		synctest.Wait()
		want(t, "failures", len(a.failures()), 2)
		want(t, "tables", fmt.Sprint(s.Left("shop/1/")), "[]")
		want(t, "obsolete", len(a.known(t).Dropped), 0)

		a.promote(t)
		s.Put("shop/2/letters", "k", "row")
		s.Fail(brook.ErrPermanent)
		a.Wake()
		synctest.Wait()
		if all := a.failures(); len(all) != 3 || !all[2].Final {
			t.Errorf("failures: %+v", all)
		}
		a.Wake()
		synctest.Wait()
		want(t, "obsolete once it gave up", fmt.Sprint(a.known(t).Dropped), "[2]")
	})
}

// An app that takes the name ends a removal, which is no failure.
func TestRemovalEndsForAnotherApp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := fakestore.New()
		store := fakestore.Held(s)
		a, b := newRig(t, store), newRig(t, store)
		fill(t, s, a)
		a.promote(t)
		var release func()
		s.OnCommit = func() {
			go func() {
				var err error
				release, err = b.parts.Hold.Take(context.Background())
				must(t, err)
			}()
			synctest.Wait() // it waits for the removal to end
		}
		wait, err := a.Sweep(t.Context())
		must(t, err)
		want(t, "the wait", wait, 0)
		synctest.Wait()
		if len(s.Left("shop/1/")) == 0 {
			t.Error("it was removed beside the other app")
		}
		_, err = a.Sweep(t.Context())
		must(t, err)
		want(t, "obsolete while another folds", fmt.Sprint(a.known(t).Dropped), "[1]")
		release()
		release, err = a.parts.Hold.Take(t.Context())
		must(t, err)
		defer release()
		select {
		case <-a.wake:
		default:
			t.Error("it does not look again for what it missed")
		}
		_, err = a.Sweep(t.Context())
		must(t, err)
		want(t, "tables", fmt.Sprint(s.Left("shop/1/")), "[]")
	})
}

// A removal that waits for another ends with its context.
func TestOneRemovalAtATime(t *testing.T) {
	a := newRig(t, fakestore.New())
	a.sweeping.Lock()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.Sweep(ctx); err != context.Canceled {
		t.Errorf("the error is %v", err)
	}
}

// A generation that is retained stays for Config.KeepReplaced, also while it is revived and after a
// revival that a process did not end. The state retains it no longer before its first row goes.
func TestRemovalWaitsForAWayBack(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := fakestore.New()
		a := newRig(t, s)
		a.parts.Config.KeepReplaced = time.Hour
		fill(t, s, a)
		a.promote(t)
		a.update(t, func(next *staterow.State) {
			next.Retained = &staterow.Retained{Generation: 1}
			next.Dropped, next.Building = nil, 1 // a process began to revive it, and ended
		})
		wait, err := a.Sweep(t.Context())
		must(t, err)
		want(t, "the wait", wait, time.Hour)
		want(t, "tables", len(s.Left("shop/1/")), 9)
		time.Sleep(time.Hour)
		s.OnCommit = func() {
			want(t, "tables when it is released", len(s.Left("shop/1/")), 9)
			s.OnCommit = nil
		}
		_, err = a.Sweep(t.Context())
		must(t, err)
		want(t, "tables after", fmt.Sprint(s.Left("shop/1/")), "[]")
		want(t, "retained", a.known(t).Retained == nil, true)
	})
}
