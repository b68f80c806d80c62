package txn_test

import (
	"errors"
	"fmt"
	brook "github.com/brookgen/brookgen/runtime"
	"testing"
)

// An error of the store is the fault of the event; of a row that can't be read, the failure of the
// set; a missing row is none.
func TestFaults(t *testing.T) {
	down := errors.New("down")
	unreadable := fmt.Errorf("%w: in 1970", brook.ErrUnreadable)
	for _, c := range []struct{ store, get, fault, failure error }{
		{nil, brook.ErrNotFound, nil, nil},
		{fmt.Errorf("wrapped: %w", brook.ErrNotFound), brook.ErrNotFound, nil, nil},
		{down, down, down, nil},
		{unreadable, unreadable, nil, unreadable},
	} {
		f := newFixture(t)
		f.begin()
		f.store.err = c.store
		if _, err := f.tx.Get(countRows, encoded("a")); err != c.get {
			t.Errorf("store's %v: Get returns %v, want %v", c.store, err, c.get)
		}
		f.store.err = errors.New("a later one")
		_, _ = f.tx.Get(countRows, encoded("b"))
		if c.fault != nil && f.tx.StoreFault() != c.fault || f.tx.Failure() != c.failure {
			t.Errorf("store's %v: fault %v, failure %v", c.store, f.tx.StoreFault(), f.tx.Failure())
		}
		if !f.tx.Failed() {
			t.Errorf("store's %v: the set goes on", c.store)
		}
		f.begin()
		if f.tx.Failed() || f.tx.StoreFault() != nil || f.tx.Failure() != nil {
			t.Errorf("store's %v: the next event has %v, %v", c.store, f.tx.StoreFault(),
				f.tx.Failure())
		}
	}
}

// A change of a row that the store fails to read is not made.
func TestChangeOfRowThatFails(t *testing.T) {
	f := newFixture(t)
	f.store.err = errors.New("down")
	f.begin()
	ran := false
	f.merge("1", func(*item) { ran = true })
	f.create(item{ID: "2"}) // has to know the indexed values before
	if ran || f.tx.StoreFault() != f.store.err || len(wrote(f.tx)) > 0 {
		t.Errorf("merged %v, fault %v, writes %q", ran, f.tx.StoreFault(), wrote(f.tx))
	}
}

// A row that other code wrote to a store of Go values is unreadable, whoever asks for it.
func TestRowOfAnotherType(t *testing.T) {
	for name, read := range map[string]func(*fixture) error{
		"Get":  func(f *fixture) error { _, err := f.tx.Get(countRows, encoded("a")); return err },
		"Scan": func(f *fixture) error { _, err := f.tx.Count(countRows); return err },
		"merge": func(f *fixture) error {
			f.counts().Apply(brook.Merge("a", func(*int) { t.Error("merged") }))
			return f.tx.Failure()
		},
	} {
		f := newFixture(t)
		f.store.put(countRows, "a", new(string))
		f.begin()
		err, failure := read(f), f.tx.Failure()
		if !errors.Is(err, brook.ErrUnreadable) || !errors.Is(failure, brook.ErrUnreadable) ||
			f.tx.StoreFault() != nil {
			t.Errorf("%s: %v; failure %v, fault %v", name, err, failure, f.tx.StoreFault())
		}
	}
}

// A value that does not carry its key, and one that can't be copied, fail the set; the first
// failure counts, and nothing after it is done.
func TestChangesThatFail(t *testing.T) {
	f := newFixture(t)
	f.begin()
	f.items().Apply(brook.Create("1", item{ID: "2"}), brook.Create("3", item{ID: "3"}))
	const mismatch = `brook: create of items at key "1": the value's key field is "2"`
	if err := f.tx.Failure(); err == nil || err.Error() != mismatch {
		t.Errorf("failure %v, want %s", err, mismatch)
	}
	f.tx.Rollback()
	f.tx.Savepoint()
	f.create(item{ID: "1", N: -1})
	const negative = `brook: create of items at key "1": -1 is negative`
	if err := f.tx.Failure(); err == nil || err.Error() != negative {
		t.Errorf("failure %v", err)
	}
	f.tx.Rollback()
	f.want()
	f.tx.Savepoint()
	if f.tx.Failed() {
		t.Error("the next set has failed")
	}
	own := errors.New("own")
	if f.tx.Fail(own); f.tx.Failure() != own || !f.tx.Failed() {
		t.Error("Fail fails nothing")
	}
}
