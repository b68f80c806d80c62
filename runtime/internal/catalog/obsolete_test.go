package catalog

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/fakestore"
	"github.com/brookgen/brookgen/runtime/internal/staterow"
)

// fillGeneration puts rows into the tables of generation 1, one of which no code knows any more.
func fillGeneration(t *testing.T, s *fakestore.Store, r *rig) {
	t.Helper()
	must(t, r.row.Update(t.Context(), func(next *staterow.State) error {
		next.Tables[1] = append(next.Tables[1], "rows/gone")
		return nil
	}, nil))
	for _, name := range []string{"rows/accounts", "rows/gone", "index/accounts/Email", "positions",
		"letters", "folded", "window", "dropped", "owed"} {
		for i := range 5 {
			s.Put("shop/1/"+name, fmt.Sprint(i), "row")
		}
	}
}

// A generation that was replaced is removed once nobody reads it, whatever tables it has, and then
// the state forgets it.
func TestRemovalWaitsForReaders(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := fakestore.New()
		a := claimed(t, s, version{indexed: true})
		fillGeneration(t, s, a)
		go a.RemoveObsolete()
		old := a.Pin()
		guard, err := a.Guarded(t.Context())
		must(t, err)
		must(t, a.promote(t, a.build(t)))
		a.SweepSoon()
		synctest.Wait()
		want(t, "tables while it is read", len(s.Left("shop/1/")), 10)
		a.Unpin(old)
		synctest.Wait()
		want(t, "tables while one reads on", len(s.Left("shop/1/")), 10)
		guard.End()
		synctest.Wait()
		want(t, "tables", fmt.Sprint(s.Left("shop/1/")), "[]")
		after := a.known(t)
		want(t, "the state", fmt.Sprint(after.Dropped, after.Tables, after.Replaced),
			"[] map[2:[index/accounts/Email rows/accounts]] map[]")
		want(t, "pins", a.Pin().Number, 2)
		a.close()
		synctest.Wait()
	})
}

// Where several processes write the store, others may read a generation for keptFor after it was
// replaced.
func TestRemovalWaitsForOtherProcesses(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := fakestore.New()
		a := claimed(t, fakestore.Shared(s), version{indexed: true})
		fillGeneration(t, s, a)
		must(t, a.promote(t, a.build(t)))
		wait, err := a.Sweep(t.Context())
		must(t, err)
		want(t, "the wait", wait, keptFor)
		go a.RemoveObsolete()
		time.Sleep(keptFor - 1)
		synctest.Wait()
		want(t, "tables before", len(s.Left("shop/1/")), 10)
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		want(t, "tables after", fmt.Sprint(s.Left("shop/1/")), "[]")
		a.close()
		synctest.Wait()
	})
}

// What another process builds is its own; what a process that is no more began is removed.
func TestRemovalOfConstructions(t *testing.T) {
	for name, left := range map[string]string{"one process": "0", "several": "2"} {
		t.Run(name, func(t *testing.T) {
			s := fakestore.New()
			var store brook.Store = s
			if name == "several" {
				store = fakestore.Shared(s)
			}
			a := claimed(t, store, version{})
			a.build(t)
			_, err := a.Sweep(t.Context())
			must(t, err)
			want(t, "one's own", a.row.Known().Building, 2)
			b := opened(t, store, version{})
			_, err = b.Sweep(t.Context())
			must(t, err)
			want(t, "another's", fmt.Sprint(b.row.Known().Building), left)
		})
	}
}

// Removal is tried again while the store fails, but not if that is for good. The shapes of a
// generation go last, as its rows can't be read without.
func TestRemovalOverABrokenStore(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := fakestore.New()
		a := claimed(t, s, version{indexed: true})
		fillGeneration(t, s, a)
		must(t, a.promote(t, a.build(t)))
		s.Fail(nil, nil, errStore, nil, errStore)
		go a.RemoveObsolete()
		synctest.Wait()
		want(t, "failures", len(a.failures()), 1)
		want(t, "shapes", s.Size("shop/1/shapes"), 1)
		time.Sleep(time.Minute)
		synctest.Wait()
		want(t, "failures", len(a.failures()), 2)
		want(t, "tables", fmt.Sprint(s.Left("shop/1/")), "[]")
		want(t, "obsolete", len(a.known(t).Dropped), 0)

		must(t, a.promote(t, a.build(t)))
		s.Fail(brook.ErrPermanent)
		a.SweepSoon()
		synctest.Wait()
		if all := a.failures(); len(all) != 3 || !all[2].Final {
			t.Errorf("failures: %+v", all)
		}
		a.SweepSoon()
		synctest.Wait()
		want(t, "obsolete once it gave up", fmt.Sprint(a.known(t).Dropped), "[2]")
	})
}
