package txn_test

import (
	"errors"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
)

// A modify without a row and an insert over one do nothing: no write, no history, no index entry.
// They read the row, which the commit is checked by.
func TestIdleChanges(t *testing.T) {
	f := newFixture(t)
	f.event(item{ID: "1", Email: "a", N: 1})
	f.store.commit(t, f.tx)
	f.tx.TrackReads()
	r := f.record("e1")
	f.items().Apply(brook.Insert("1", item{ID: "1", Email: "b", Tags: []string{"x"}}),
		brook.Modify("2", func(*item) { t.Error("it is called without a row") }))
	f.release()
	f.want("1:1/a/")
	f.wantEntries(itemsByEmail, "a>1")
	f.tx.Accept()
	f.wantWrites()
	if r.made != 0 {
		t.Error("a history has the event")
	}
	f.tx.Reset()
	f.record("e2")
	f.counts().Apply(brook.Insert("c", 1), brook.Modify("d", func(*int) {}))
	f.release()
	f.tx.Accept()
	f.wantChecks(false, "3 c 0", "3 d 0")
	f.wantWrites("3 c")
}

// A modify and an insert that do something are changes like others.
func TestModifyAndInsert(t *testing.T) {
	f := newFixture(t)
	f.event(item{ID: "1", Email: "a", N: 1, Tags: []string{"x"}})
	f.store.commit(t, f.tx)
	f.record("e1")
	f.items().Apply(
		brook.Modify("1", func(v *item) { v.N, v.Email, v.Tags[0] = 2, "b", "y" }),
		brook.Insert("2", item{ID: "2", Email: "a", N: 3}),
		brook.Insert("2", item{ID: "2", N: 4}),
		brook.Modify("2", func(v *item) { v.N *= 10 }),
		brook.Delete[item]("1"), brook.Modify("1", func(*item) { t.Error("it was deleted") }),
		brook.Insert("1", item{ID: "1", N: 5}))
	f.release()
	f.want("1:5//", "2:30/a/")
	f.wantWrites("0 1 cleared +e1", "0 2 +e1", "1 a>1 removed", "1 a>2", "2 x>1 removed")
	f.tx.Rollback()
	f.want("1:1/a/x")
	f.wantEntries(itemsByTag, "x>1")
}

// A value whose key field is another one fails the set, whether or not an insert would store it.
func TestChangesWithWrongKeys(t *testing.T) {
	for name, c := range map[string]brook.Change[string, item]{
		"insert of items at key \"1\"": brook.Insert("1", item{ID: "9"}),
		"insert of items at key \"2\"": brook.Insert("2", item{ID: "9"}),
		"modify of items at key \"1\"": brook.Modify("1", func(v *item) { v.ID = "9" }),
	} {
		f := newFixture(t)
		f.event(item{ID: "1", N: 1})
		f.store.commit(t, f.tx)
		f.begin()
		f.items().Apply(c)
		err := f.tx.Failure()
		if err == nil || !strings.Contains(err.Error(), name+": the value's key field is \"9\"") {
			t.Errorf("%s: %v", name, err)
		}
		f.tx.Rollback()
		f.want("1:1//")
	}
}

// What a store fails to read is neither modified nor inserted, and a key out of scope runs alone.
func TestIdleChangesNeedTheRow(t *testing.T) {
	for _, c := range []brook.Change[string, int]{
		brook.Insert("a", 1), brook.Modify("a", func(*int) { t.Error("it is called") }),
	} {
		f := newFixture(t)
		f.begin()
		f.store.err = errors.New("down")
		f.counts().Apply(c)
		if f.tx.StoreFault() != f.store.err {
			t.Errorf("%s: fault %v", c.Op(), f.tx.StoreFault())
		}
		f.wantWrites()
		f.store.err = nil
		f.begin()
		f.tx.Confine([]byte("b"))
		f.counts().Apply(c)
		if !f.tx.CrossKey() || f.store.gets != 1 {
			t.Errorf("%s: cross-key %v after %d reads", c.Op(), f.tx.CrossKey(), f.store.gets)
		}
		f.wantWrites()
	}
}
