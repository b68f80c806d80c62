package storetest_test

import (
	"context"
	"errors"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/storetest"
)

// A wrapper whose fault never strikes changes nothing.
func TestFaultyConforms(t *testing.T) {
	storetest.Run(t, func(*testing.T) brook.Store {
		return storetest.Faulty(mapstore.New(), storetest.NewFault(storetest.Fail, 0))
	})
}

// use does nine operations, and returns the errors.
func use(ctx context.Context, s brook.Store) (errs []error) {
	note := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	t, err := s.Table(ctx, brook.TableSpec{Name: "t"})
	note(err)
	note(s.Commit(ctx,
		&brook.Batch{Writes: []brook.Write{{Table: t, Key: []byte("a"), Value: 1,
			History: []*brook.HistoryEntry{{}}}}}))
	_, err = s.Latest().Get(ctx, t, []byte("a"))
	note(err)
	snap, err := s.Snapshot(ctx)
	note(err)
	if snap != nil {
		for _, err := range snap.Scan(ctx, t, nil, nil) {
			note(err)
		}
		for _, err := range snap.History(ctx, t, []byte("a")) {
			note(err)
		}
		note(snap.Close())
	}
	_, err = s.Latest().(brook.Counter).Count(ctx, t)
	note(err)
	note(s.(brook.Dropper).Drop(ctx, t))
	return errs
}

func TestFaulty(t *testing.T) {
	const operations = 10
	count := storetest.NewFault(storetest.Fail, 0)
	if errs := use(t.Context(), storetest.Faulty(mapstore.New(), count)); len(errs) > 0 ||
		count.Count() != operations {
		t.Fatalf("%d operations, %v; want %d", count.Count(), errs, operations)
	}
	for _, kind := range []storetest.FaultKind{storetest.Fail, storetest.CrashBefore,
		storetest.CrashAfter} {
		struck := true
		for n := 1; struck; n++ {
			store, fault := mapstore.New(), storetest.NewFault(kind, n)
			errs := use(t.Context(), storetest.Faulty(store, fault))
			if struck = fault.Struck(); struck != (n <= operations) {
				t.Errorf("operation %d of %d: struck is %v", n, operations, struck)
			}
			if struck != (len(errs) > 0) {
				t.Errorf("operation %d: errors %v", n, errs)
			}
			want := storetest.ErrCrashed
			if kind == storetest.Fail {
				want = storetest.ErrInjected
			}
			if struck && !errors.Is(errs[0], want) {
				t.Errorf("operation %d: %v, want %v first", n, errs, want)
			}
			if fault.Crashed() != (struck && kind != storetest.Fail) {
				t.Errorf("operation %d: crashed is %v", n, fault.Crashed())
			}
		}
	}
}

// A commit that crashes after it was done is done, one that crashes before is not.
func TestFaultyCommit(t *testing.T) {
	for kind, want := range map[storetest.FaultKind]error{storetest.Fail: brook.ErrNotFound,
		storetest.CrashBefore: brook.ErrNotFound, storetest.CrashAfter: nil} {
		ctx, store := t.Context(), mapstore.New()
		table, err := store.Table(ctx, brook.TableSpec{Name: "t"})
		if err != nil {
			t.Fatal(err)
		}
		faulty := storetest.Faulty(store, storetest.NewFault(kind, 1, storetest.OpCommit))
		batch := &brook.Batch{Writes: []brook.Write{{Table: table, Key: []byte("k"), Value: 1}}}
		if err := faulty.Commit(ctx, batch); err == nil {
			t.Errorf("kind %d: the commit has no error", kind)
		}
		if _, err := store.Latest().Get(ctx, table, []byte("k")); !errors.Is(err, want) {
			t.Errorf("kind %d: Get gives %v, want %v", kind, err, want)
		}
		if err := faulty.Commit(ctx, batch); (err == nil) != (kind == storetest.Fail) {
			t.Errorf("kind %d: the next commit gives %v", kind, err)
		}
	}
}
