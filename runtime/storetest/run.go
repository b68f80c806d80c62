package storetest

import (
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
)

// Option is a promise of a store.
type Option func(*suite)

// Remote is for stores whose scans of Latest are one instant per page only, and whose snapshots may
// end with brook.ErrSnapshotMoved.
func Remote() Option { return func(s *suite) { s.remote = true } }

type suite struct {
	open   func(t *testing.T) brook.Store
	remote bool
}

// Run checks a store. Each call of open returns an empty store, and has t.Cleanup close it.
func Run(t *testing.T, open func(t *testing.T) brook.Store, options ...Option) {
	s := suite{open: open}
	for _, option := range options {
		option(&s)
	}
	for _, c := range []struct {
		name string
		test func(*fixture)
	}{
		{"Tables", testTables},
		{"TablesApart", testTablesApart},
		{"HandlesApart", testHandlesApart},
		{"Values", testValues},
		{"ValuesOwned", testValuesOwned},
		{"BatchReused", testBatchReused},
		{"NotFound", testNotFound},
		{"Remove", testRemove},
		{"KeyOrder", testKeyOrder},
		{"Ranges", testRanges},
		{"ScanStopped", testScanStopped},
		{"ScanWhileCommitting", testScanWhileCommitting},
		{"HistoryKept", testHistoryKept},
		{"HistoryTrimmed", testHistoryTrimmed},
		{"HistoryCleared", testHistoryCleared},
		{"HistoryKeepChanged", testHistoryKeepChanged},
		{"HistoryLong", testHistoryLong},
		{"SnapshotStays", testSnapshotStays},
		{"SnapshotsMany", testSnapshotsMany},
		{"CommitAtomic", testCommitAtomic},
		{"CommitsOrdered", testCommitsOrdered},
		{"Writers", testWriters},
		{"TooLarge", testTooLarge},
		{"Cancelled", testCancelled},
		{"Count", testCount},
		{"Drop", testDrop},
		{"Fetch", testFetch},
		{"Random", testRandom},
		{"Versions", testVersions},
		{"Checks", testChecks},
		{"BatchRepeated", testBatchRepeated},
		{"Updates", testUpdates},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(newFixture(t, &s, open(t))) })
	}
}

// RunReopen checks that a store keeps everything when it is closed and opened again. Each
// call of open returns an empty store, and a function that closes it and opens it again, as
// often as it is called.
func RunReopen(t *testing.T, open func(t *testing.T) (store brook.Store, reopen func() brook.Store),
	options ...Option) {
	s := suite{}
	for _, option := range options {
		option(&s)
	}
	t.Run("Random", func(t *testing.T) {
		store, reopen := open(t)
		f := newFixture(t, &s, store)
		m := newModel()
		for seed := range uint64(5) {
			random(f, m, seed, 60)
			f.store = reopen()
			f.openTables(nil)
			m.check(f, f.store.Latest())
		}
	})
	t.Run("CrashAtEveryCommit", func(t *testing.T) {
		for _, kind := range []FaultKind{CrashBefore, CrashAfter} {
			store, reopen := open(t)
			f := newFixture(t, &s, store)
			m := newModel()
			for n := 1; n <= 15; n++ {
				f.store = Faulty(store, NewFault(kind, n, OpCommit))
				randomUntil(f, m, uint64(n), kind == CrashAfter)
				store = reopen()
				f.store = store
				f.openTables(nil)
				m.check(f, store.Latest())
			}
		}
	})
}
