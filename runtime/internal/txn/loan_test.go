package txn_test

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
)

// wantUse wants the use of what was lent under a number to be possible or not.
func (f *fixture) wantUse(when string, lent uint64, possible bool) {
	f.t.Helper()
	err := f.tx.Enter(lent)
	if err == nil {
		f.tx.Leave()
	}
	if (err == nil) != possible || err != nil && err != brook.ErrHandlerReturned {
		f.t.Errorf("%s: Enter returns %v", when, err)
	}
}

// What is lent can be used until the handler returns, and in its merge functions.
func TestLoan(t *testing.T) {
	f := newFixture(t)
	f.begin()
	first := f.tx.Lend()
	if again := f.tx.Lend(); again != first {
		t.Errorf("views of one handler are lent under %d and %d", first, again)
	}
	f.wantUse("lent", first, true)
	f.tx.Returned()
	f.tx.Returned()
	f.wantUse("returned", first, false)
	f.tx.Relend()
	f.wantUse("lent to a merge function", first, true)
	f.tx.Returned()
	f.wantUse("after the merge function", first, false)

	f.tx.Savepoint()
	f.tx.Relend() // this set was lent nothing
	f.wantUse("in the next set", first, false)
	second := f.tx.Lend()
	f.wantUse("lent to the next set", first, false)
	f.wantUse("of the next set", second, true)
	f.tx.Returned()
	f.begin()
	f.tx.Relend()
	f.wantUse("in the next event", second, false)
}

// A handler's view says of itself that its time is over; its merge functions may use it.
func TestLentView(t *testing.T) {
	f := newFixture(t)
	f.begin()
	view := f.counts().Lend()
	if ok, err := view.Has("a"); ok || err != nil {
		t.Error(ok, err)
	}
	seen := -1
	f.counts().Apply(brook.Create("a", 7), brook.Merge("b", func(*int) { seen, _ = view.Get("a") }))
	if seen != 7 {
		t.Errorf("a merge function reads %d", seen)
	}
	if _, err := view.Get("a"); !errors.Is(err, brook.ErrHandlerReturned) {
		t.Errorf("after the handler: %v", err)
	}
}

// What was lent once is never lent again: a view that a handler kept stays at its end, however many
// are lent after it.
func TestEveryLoanIsNew(t *testing.T) {
	f := newFixture(t)
	rows := f.counts()
	var kept []interface{ Len() (int, error) }
	for range 200 {
		f.begin()
		view := rows.Lend()
		if _, err := view.Len(); err != nil {
			t.Fatal(err)
		}
		kept = append(kept, view)
		for _, earlier := range kept[:len(kept)-1] {
			if _, err := earlier.Len(); !errors.Is(err, brook.ErrHandlerReturned) {
				t.Fatalf("an earlier view after %d loans: %v", len(kept), err)
			}
		}
		f.tx.Returned()
	}
}

// Returned waits for a use that is under way in another goroutine, and none begins after it.
func TestLoanUsedConcurrently(t *testing.T) {
	f := newFixture(t)
	f.begin()
	lent := f.tx.Lend()
	var inUse atomic.Bool
	entered, ending := make(chan struct{}), make(chan struct{})
	var user sync.WaitGroup
	user.Go(func() {
		if err := f.tx.Enter(lent); err != nil {
			t.Error(err)
		}
		inUse.Store(true)
		close(entered)
		<-ending
		for range 1000 {
			runtime.Gosched()
		}
		inUse.Store(false)
		f.tx.Leave()
		for f.tx.Enter(lent) == nil {
			_, _ = f.tx.Get(countRows, encoded("a")) // the race detector sees it beside the change below
			f.tx.Leave()
		}
	})
	<-entered
	close(ending)
	f.tx.Returned()
	if inUse.Load() {
		t.Error("Returned did not wait for a use under way")
	}
	f.counts().Apply(brook.Create("a", 1))
	user.Wait()
}
