package storetest_test

import (
	"context"
	"errors"
	"iter"
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

// use does each operation once that the store has, and returns the errors.
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
		for _, err := range snap.(brook.Reverser).Reverse(ctx, t, nil, nil) {
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
	const operations = 12
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

// plain is a store without any further power.
type plain struct{ store brook.Store }

func (s plain) Table(ctx context.Context, spec brook.TableSpec) (brook.Table, error) {
	return s.store.Table(ctx, spec)
}
func (s plain) Commit(ctx context.Context, b *brook.Batch) error { return s.store.Commit(ctx, b) }
func (s plain) Latest() brook.Reader                             { return struct{ brook.Reader }{s.store.Latest()} }
func (s plain) Snapshot(ctx context.Context) (brook.Snapshot, error) {
	snap, err := s.store.Snapshot(ctx)
	return struct{ brook.Snapshot }{snap}, err
}

// A wrapper of a store without powers counts and scans downwards by scans, and has no others.
func TestFaultyOfAPlainStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) brook.Store {
		return storetest.Faulty(plain{mapstore.New()}, storetest.NewFault(storetest.Fail, 0))
	})
	s := storetest.Faulty(plain{mapstore.New()}, storetest.NewFault(storetest.Fail, 0))
	_, drops := s.(brook.Dropper)
	_, announces := s.(brook.Announcer)
	_, holds := s.(brook.Holder)
	_, fetches := s.Latest().(brook.Fetcher)
	if drops || announces || holds || fetches {
		t.Error("it has a power that the store has not")
	}
	if d, ok := s.(brook.Durable); ok && d.Durable() {
		t.Error("it is durable")
	}
}

// announcer announces rows until ctx ends.
type announcer struct{ brook.Store }

func (announcer) Announcements(
	ctx context.Context, _ []brook.Table,
) iter.Seq2[brook.Announcement, error] {
	return func(yield func(brook.Announcement, error) bool) {
		for n := range 3 {
			if !yield(brook.Announcement{Key: []byte{byte(n)}}, nil) {
				return
			}
		}
		<-ctx.Done()
	}
}

// Announcements fail as others' steps do, and end with a crash.
func TestFaultyAnnouncements(t *testing.T) {
	for op, want := range map[storetest.Op]int{storetest.OpAnnouncements: 1, storetest.OpRow: 2} {
		f := storetest.NewFault(storetest.Fail, want, op)
		s := storetest.Faulty(announcer{mapstore.New()}, f).(brook.Announcer)
		heard, last := 0, error(nil)
		for _, err := range s.Announcements(t.Context(), nil) {
			heard++
			last = err
		}
		if heard != want || !errors.Is(last, storetest.ErrInjected) {
			t.Errorf("%s fails: %d were heard, %v", op, heard, last)
		}
	}
	f := storetest.NewFault(storetest.CrashBefore, 1, storetest.OpCommit)
	s := storetest.Faulty(announcer{mapstore.New()}, f)
	heard, last := 0, error(nil)
	for _, err := range s.(brook.Announcer).Announcements(t.Context(), nil) {
		if heard++; heard == 3 {
			_ = s.Commit(t.Context(), &brook.Batch{})
		}
		last = err
	}
	if heard != 4 || !errors.Is(last, storetest.ErrCrashed) {
		t.Errorf("after %d announcements: %v", heard, last)
	}
}
