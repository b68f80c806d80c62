package txn_test

import (
	"errors"
	"slices"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/txn"
)

// swap exchanges the emails of two rows.
func (f *fixture) swap(a, b, emailOfA, emailOfB string) {
	f.merge(a, func(v *item) { v.Email = emailOfB })
	f.merge(b, func(v *item) { v.Email = emailOfA })
}

// taken wants the set that runs to be refused because b has the email of a, and undoes it.
func (f *fixture) taken(message string) {
	f.t.Helper()
	if err := f.tx.Release(); !errors.Is(err, brook.ErrUnique) || err.Error() != message {
		f.t.Errorf("Release returns %v, want %s", err, message)
	}
	f.tx.Rollback()
}

// Two rows may swap their unique values in one event, in the overlay and in the store.
func TestUniqueSwap(t *testing.T) {
	f := newFixture(t)
	f.event(item{ID: "1", Email: "a"}, item{ID: "2", Email: "b"})
	for range 2 {
		f.begin()
		f.swap("1", "2", "a", "b")
		f.release()
		f.tx.Accept()
		f.wantEntries(itemsByEmail, "a>2", "b>1")
		f.begin()
		f.swap("2", "1", "a", "b")
		f.release()
		f.tx.Accept()
		f.wantEntries(itemsByEmail, "a>1", "b>2")
		f.store.commit(t, f.tx)
	}
}

// A value that another row has is refused, wherever that row is.
func TestUniqueValues(t *testing.T) {
	const refused = `brook: unique value is taken: ` +
		`items "2" has the same Email as "1", which was first`
	f := newFixture(t)
	f.event(item{ID: "1", Email: "a"})
	f.begin()
	f.create(item{ID: "2", Email: "a"}) // against the overlay
	f.taken(refused)
	f.store.commit(t, f.tx)
	f.begin()
	f.create(item{ID: "2", Email: "a"}) // against the store
	f.taken(refused)
	f.want("1:0/a/")

	f.tx.Savepoint() // against the same set
	f.create(item{ID: "8", Email: "c"}, item{ID: "9", Email: "c"})
	f.taken(`brook: unique value is taken: items "9" has the same Email as "8", which was first`)

	f.tx.Savepoint() // against an earlier set of the event
	f.create(item{ID: "3", Email: "c"})
	f.release()
	f.tx.Savepoint()
	f.create(item{ID: "4", Email: "c"})
	f.taken(`brook: unique value is taken: items "4" has the same Email as "3", which was first`)
	f.wantEntries(itemsByEmail, "a>1", "c>3")
}

// A value is free once the row that had it is deleted, changed or rolled back.
func TestUniqueValueThatIsFree(t *testing.T) {
	f := newFixture(t)
	f.event(item{ID: "1", Email: "a"}, item{ID: "2", Email: "b"})
	f.store.commit(t, f.tx)
	f.begin()
	f.create(item{ID: "3", Email: "c"})
	f.release()
	f.tx.Rollback()
	f.tx.Savepoint()
	f.create(item{ID: "4", Email: "c"}) // 3 was rolled back
	f.items().Apply(brook.Delete[item]("1"))
	f.create(item{ID: "5", Email: "a"})          // 1 is deleted by the same set
	f.merge("2", func(v *item) { v.Email = "" }) // the zero value is not indexed
	f.release()
	f.tx.Savepoint()
	f.create(item{ID: "6", Email: "b"})
	f.merge("6", func(v *item) { v.N++ }) // its own value
	f.release()
	f.tx.Accept()
	f.wantEntries(itemsByEmail, "a>5", "b>6", "c>4")
	f.begin()
	f.items().Apply(brook.Delete[item]("6"))
	f.release()
	f.tx.Revert()
	f.begin()
	f.create(item{ID: "7", Email: "b"}) // 6 is back
	f.taken(`brook: unique value is taken: items "7" has the same Email as "6", which was first`)
}

// A reservation looks at every row that begins with the value's bytes, and no other: not at values
// that are longer.
func TestUniqueOfPrefixes(t *testing.T) {
	f := newFixture(t)
	f.event(item{ID: "1", Email: "aa"}, item{ID: "2", Email: "a\x00"}, item{ID: "3", Email: "a"})
	f.wantEntries(itemsByEmail, "a>3", "a\x00>2", "aa>1")
}

// Entries that stay are not written again; those of values that come twice are written once.
func TestEntriesAreWrittenExactly(t *testing.T) {
	f := newFixture(t)
	f.event(item{ID: "1", Email: "a", Tags: []string{"x", "y", "x"}})
	f.wantWrites("0 1", "1 a>1", "2 x>1", "2 y>1")
	f.store.commit(t, f.tx)
	for _, c := range []struct {
		to   item
		want []string
	}{
		{item{ID: "1", Email: "a", Tags: []string{"x", "y"}, N: 1}, []string{"0 1"}},
		{item{ID: "1", Email: "a", Tags: []string{"y", "x"}, N: 2}, []string{"0 1"}},
		{item{ID: "1", Email: "a", Tags: []string{"y", "z"}},
			[]string{"0 1", "2 x>1 removed", "2 z>1"}},
		{item{ID: "1", Email: "b", Tags: []string{"y", "z"}},
			[]string{"0 1", "1 a>1 removed", "1 b>1"}},
		{item{ID: "1"}, []string{"0 1", "1 b>1 removed", "2 y>1 removed", "2 z>1 removed"}},
	} {
		f.event(c.to)
		if got := wrote(f.tx); !slices.Equal(got, c.want) {
			t.Errorf("%+v: writes are %q, want %q", c.to, got, c.want)
		}
		f.store.commit(t, f.tx)
	}
	f.begin()
	f.items().Apply(brook.Delete[item]("1"), brook.Delete[item]("2"))
	f.release()
	f.wantWrites("0 1 removed", "0 2 removed")
}

// A row may name a unique value twice.
func TestUniqueValueTwice(t *testing.T) {
	f := newFixture(t)
	f.event(item{ID: "1", Email: "a,b,a"})
	f.wantWrites("0 1", "1 a>1", "1 b>1")
}

// What a set wrote in between leaves no trace in the index.
func TestEntriesOfValuesInBetween(t *testing.T) {
	f := newFixture(t)
	f.event(item{ID: "1", Email: "a", Tags: []string{"x"}})
	f.store.commit(t, f.tx)
	f.begin()
	f.merge("1", func(v *item) { v.Email, v.Tags = "b", []string{"y"} })
	f.merge("1", func(v *item) { v.Email, v.Tags = "c", []string{"x", "z"} })
	f.release()
	f.wantWrites("0 1", "1 a>1 removed", "1 c>1", "2 z>1")
}

// A reservation reads the index outside the event's scope, and leaves the scope as it was.
func TestUniqueValueUnderScope(t *testing.T) {
	f := newFixture(t)
	f.tx.Begin(txn.Event{Ctx: t.Context(), Confined: true})
	f.tx.Confine([]byte("1"))
	f.create(item{ID: "1", Email: "a"})
	f.release()
	if _, err := f.tx.Get(itemRows, encoded("2")); err != txn.ErrCrossKey {
		t.Errorf("a read outside the scope after a reservation: %v", err)
	}
}

// An index scan that fails is no answer to a reservation.
func TestUniqueValueWithoutAnswer(t *testing.T) {
	f := newFixture(t)
	f.begin()
	f.create(item{ID: "1", Email: "a"})
	f.store.err = errors.New("down")
	if err := f.tx.Release(); err != f.store.err || f.tx.StoreFault() != f.store.err {
		t.Errorf("Release: %v, fault %v", err, f.tx.StoreFault())
	}
}

// An index that lacks entries makes the event wait.
func TestIndexNotComplete(t *testing.T) {
	f := newFixture(t)
	f.tx.On([]brook.Table{itemRows, itemsByEmail, itemsByTag, countRows},
		[]bool{itemsByEmail: true, countRows: false})
	f.begin()
	if !f.tx.Complete(itemsByTag) || f.tx.StoreFault() != nil {
		t.Error("a complete index is not")
	}
	f.create(item{ID: "1", Email: "a"})
	if err := f.tx.Release(); err != brook.ErrNotReady || f.tx.StoreFault() != brook.ErrNotReady {
		t.Errorf("a reservation: %v, fault %v", err, f.tx.StoreFault())
	}
	f.begin()
	if f.tx.Complete(itemsByEmail) || f.tx.StoreFault() != brook.ErrNotReady {
		t.Errorf("an incomplete index is complete; fault %v", f.tx.StoreFault())
	}
}
