package txn_test

import (
	"errors"
	"slices"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/txn"
)

// recorded is an event that is kept in histories, and counts how often its entry is made.
type recorded struct {
	id   string
	at   int64
	made int
}

func (r *recorded) HistoryEntry() *brook.HistoryEntry {
	r.made++
	return &brook.HistoryEntry{ID: r.id, Position: brook.Position{Topic: "t", Offset: r.at}}
}

// record begins an event that is kept in histories.
func (f *fixture) record(id string) *recorded {
	f.begin()
	r := &recorded{id: id}
	f.tx.Record(r)
	return r
}

func (f *fixture) wantWrites(want ...string) {
	f.t.Helper()
	if got := wrote(f.tx); !slices.Equal(got, want) {
		f.t.Errorf("writes are %q, want %q", got, want)
	}
}

// An event comes into the history of each row that it changes once, however often it changes it.
func TestHistory(t *testing.T) {
	f := newFixture(t)
	r := f.record("e1")
	f.create(item{ID: "1"}, item{ID: "2"})
	f.merge("1", func(v *item) { v.N++ })
	f.counts().Apply(brook.Create("c", 1)) // keeps none
	f.release()
	f.tx.Savepoint()
	f.merge("1", func(v *item) { v.N++ })
	f.release()
	f.tx.Accept()
	f.record("e2")
	f.merge("1", func(v *item) { v.N++ })
	f.tx.Accept()
	f.wantWrites("0 1 +e1 +e2", "0 2 +e1", "3 c")
	if r.made != 1 {
		t.Errorf("the entry was made %d times", r.made)
	}
	f.store.commit(t, f.tx)
	f.event(item{ID: "1"}) // not recorded
	f.wantWrites("0 1")
}

// An event that changes nothing with a history makes no entry.
func TestHistoryEntryIsMadeWhenNeeded(t *testing.T) {
	f := newFixture(t)
	r := f.record("e1")
	f.counts().Apply(brook.Create("c", 1))
	f.items().Apply(brook.Delete[item]("1"))
	f.tx.Accept()
	if r.made != 0 {
		t.Errorf("it was made %d times", r.made)
	}
}

// What a set or an event appended goes with it, and comes again with the next one.
func TestHistoryRollback(t *testing.T) {
	f := newFixture(t)
	f.record("e1")
	f.create(item{ID: "1"})
	f.tx.Accept()
	f.record("e2")
	f.merge("1", func(v *item) { v.N++ })
	f.tx.Rollback()
	f.wantWrites("0 1 +e1")
	f.tx.Savepoint()
	f.merge("1", func(v *item) { v.N++ })
	f.tx.Savepoint()
	f.items().Apply(brook.Delete[item]("1"))
	f.wantWrites("0 1 removed")
	f.tx.Rollback()
	f.wantWrites("0 1 +e1 +e2")
	f.tx.Revert()
	f.wantWrites("0 1 +e1")
	f.record("e3")
	f.merge("1", func(v *item) { v.N++ })
	f.tx.Accept()
	f.wantWrites("0 1 +e1 +e3")
}

// A row that is deleted and made again begins its history anew.
func TestHistoryOfRowMadeAgain(t *testing.T) {
	f := newFixture(t)
	f.record("e1")
	f.create(item{ID: "1"})
	f.tx.Accept()
	f.store.commit(t, f.tx)
	f.record("e2")
	f.merge("1", func(v *item) { v.N++ })
	f.items().Apply(brook.Delete[item]("1"))
	f.create(item{ID: "1"})
	f.tx.Accept()
	f.wantWrites("0 1 cleared +e2")
}

// An event that was a dead letter is not appended where it is already.
func TestHistoryOfDeadLetter(t *testing.T) {
	f := newFixture(t)
	f.store.history[string(encoded("1"))] = []*brook.HistoryEntry{
		(&recorded{"e0", 3, 0}).HistoryEntry(), (&recorded{"e1", 7, 0}).HistoryEntry(),
	}
	redrive := func() {
		f.tx.Begin(txn.Event{Ctx: t.Context(), Redriven: true})
		f.tx.Record(&recorded{id: "again", at: 7})
	}
	redrive()
	f.create(item{ID: "1"}, item{ID: "2"})
	f.wantWrites("0 1", "0 2 +again")
	f.tx.Revert()
	redrive()
	f.items().Apply(brook.Delete[item]("1")) // with the history that has it
	f.create(item{ID: "1"})
	f.wantWrites("0 1 cleared +again")
	f.tx.Revert()
	redrive()
	if _, err := f.tx.Get(itemRows, encoded("1")); err != brook.ErrNotFound {
		t.Fatal(err)
	}
	f.store.err = errors.New("down")
	f.create(item{ID: "1"})
	if f.tx.StoreFault() != f.store.err {
		t.Errorf("a history that can't be read: fault %v", f.tx.StoreFault())
	}
}

// SetHistories replaces what the rows of a transaction had, and leaves nothing to later rows.
func TestSetHistories(t *testing.T) {
	f := newFixture(t)
	given := []*brook.HistoryEntry{{ID: "g1"}, {ID: "g2"}}
	f.record("e1")
	f.create(item{ID: "1"}, item{ID: "2"})
	f.tx.SetHistories(itemsAt, given)
	f.wantWrites("0 1 cleared +g1 +g2", "0 2 cleared +g1 +g2")
	f.store.commit(t, f.tx)

	// The cells serve again, and each event has its rows' histories for itself.
	f.record("e2")
	f.create(item{ID: "3"})
	f.tx.Accept()
	f.record("e3")
	f.create(item{ID: "4"})
	f.tx.Accept()
	f.wantWrites("0 3 +e2", "0 4 +e3")
	if given[0] == nil || given[0].ID != "g1" || given[1] == nil || given[1].ID != "g2" {
		t.Error("the caller's entries were overwritten")
	}
	f.store.commit(t, f.tx)

	f.record("e4")
	f.create(item{ID: "1"})
	f.tx.SetHistories(itemsAt, nil) // only what was before
	f.wantWrites("0 1 cleared +e4")
}

// After rows were seeded, an event that changes one and deletes another keeps its history whole.
func TestHistoryAfterSetHistories(t *testing.T) {
	f := newFixture(t)
	f.begin()
	f.create(item{ID: "1"}, item{ID: "2"})
	f.tx.SetHistories(itemsAt, []*brook.HistoryEntry{{ID: "g"}})
	f.store.commit(t, f.tx)
	f.record("e")
	f.merge("1", func(v *item) { v.N++ })
	f.items().Apply(brook.Delete[item]("2"))
	for _, w := range f.tx.Writes(nil) {
		for _, e := range w.History {
			if e == nil {
				t.Fatalf("the history of %q has no event", w.Key)
			}
		}
	}
	f.wantWrites("0 1 +e", "0 2 removed")
}
