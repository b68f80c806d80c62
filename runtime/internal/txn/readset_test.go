package txn_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
)

func (f *fixture) wantChecks(scanned bool, want ...string) {
	f.t.Helper()
	var got []string
	for _, c := range f.tx.ReadChecks() {
		got = append(got, fmt.Sprintf("%d %s %d", c.Table, c.Key[:1], c.Version))
	}
	if !slices.Equal(got, want) || f.tx.Scanned() != scanned {
		f.t.Errorf("checks are %q, scanned %v, want %q, %v", got, f.tx.Scanned(), want, scanned)
	}
}

// Rows are checked once for each version that was read, the absence of rows too; what the
// transaction knows itself needs no check.
func TestReadSet(t *testing.T) {
	f := newFixture(t)
	if f.tx.TracksReads() {
		t.Error("reads are tracked from the start")
	}
	f.tx.TrackReads()
	one := 1
	f.store.put(countRows, "a", &one) // version 1
	f.store.put(countRows, "b", &one)
	f.begin()
	for range 2 {
		f.merge("x", func(*item) {})
		_, _ = f.tx.Get(countRows, encoded("a"))
		_, _ = f.tx.Get(countRows, encoded("c"))
	}
	f.counts().Apply(brook.Create("d", 4)) // goes by nothing
	_, _ = f.tx.Get(countRows, encoded("d"))
	f.wantChecks(false, "0 x 0", "3 a 1", "3 c 0")
	f.tx.Revert() // what an event read before it was undone led to what is kept of it
	f.wantChecks(false, "0 x 0", "3 a 1", "3 c 0")

	f.store.put(countRows, "a", &one) // another process: version 3
	_, _ = f.tx.Get(countRows, encoded("a"))
	_, _ = f.tx.Get(countRows, encoded("a"))
	f.wantChecks(false, "0 x 0", "3 a 1", "3 c 0", "3 a 3")

	for range f.tx.Scan(countRows, nil, nil) {
		continue
	}
	f.wantChecks(true, "0 x 0", "3 a 1", "3 c 0", "3 a 3", "3 b 2")
	checks := f.tx.ReadChecks()
	f.tx.Reset()
	f.wantChecks(false)
	_, _ = f.tx.Get(countRows, encoded("b"))
	f.wantChecks(false, "3 b 2")
	if checks[0].Key[0] != 'x' { // of a commit under way
		t.Error("earlier checks were overwritten")
	}
}

// A read that failed is no reason for a check; one of a reservation is.
func TestReadSetOfFailuresAndReservations(t *testing.T) {
	f := newFixture(t)
	f.tx.TrackReads()
	f.begin()
	f.store.err = errors.New("down")
	_, _ = f.tx.Get(countRows, encoded("a"))
	f.wantChecks(false)
	f.store.err = nil
	f.event(item{ID: "1", Email: "a"})
	f.wantChecks(true, "0 1 0") // that nobody has the email
}

// A scope that a read leaves is no read.
func TestReadSetOutOfScope(t *testing.T) {
	f := newFixture(t)
	f.tx.TrackReads()
	f.begin()
	f.tx.Confine([]byte("b"))
	_, _ = f.tx.Get(countRows, encoded("a"))
	_, _ = f.tx.Count(countRows)
	f.wantChecks(false)
}

// Rows that were read ahead are checked like others, in the version that was read ahead.
func TestReadSetOfPrefetched(t *testing.T) {
	f := newFixture(t)
	f.tx.TrackReads()
	f.tx.Prefetch()
	one := 1
	f.tx.Fetched().Add(countRows, encoded("a"), brook.Value{Data: &one, Version: 9})
	f.tx.Fetched().Add(countRows, encoded("b"), brook.Value{})
	f.begin()
	_, _ = f.tx.Get(countRows, encoded("a"))
	_, _ = f.tx.Get(countRows, encoded("b"))
	f.wantChecks(false, "3 a 9", "3 b 0")
}
