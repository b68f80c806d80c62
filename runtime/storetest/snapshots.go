package storetest

import (
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
)

// testSnapshotStays: a snapshot sees its instant in all tables, whatever is committed after it.
func testSnapshotStays(f *fixture) {
	f.commit(put(f.docs, "a", newDoc(1), event("two", 1)), put(f.docs, "b", newDoc(2)),
		put(f.bytes, "a", []byte("one"), event("all", 1)))
	snap := f.snapshot()
	early := snap.Scan(f.ctx, f.docs, nil, nil)
	f.commit(put(f.docs, "a", newDoc(9), event("two", 2), event("two", 3)), remove(f.docs, "b"),
		put(f.docs, "c", newDoc(3)),
		brook.Write{Table: f.bytes, Key: []byte("a"), Value: []byte("changed"), Clear: true})
	f.commit(remove(f.docs, "a"), remove(f.bytes, "a"), put(f.docs, "b", newDoc(7)))
	f.commit(put(f.docs, "a", newDoc(8)), put(f.bytes, "a", []byte("back")))
	for range 2 {
		f.wantValue(snap, f.docs, "a", newDoc(1))
		f.wantValue(snap, f.docs, "b", newDoc(2))
		f.wantValue(snap, f.docs, "c", nil)
		f.wantValue(snap, f.bytes, "a", []byte("one"))
		f.wantRows(snap, f.docs, nil, nil, []pair{{"a", newDoc(1)}, {"b", newDoc(2)}})
		f.wantHistory(snap, f.docs, "a", event("two", 1))
		f.wantHistory(snap, f.bytes, "a", event("all", 1))
	}
	n := 0
	for _, err := range early {
		if f.moved(err) {
			n = 2
			break
		}
		n++
	}
	if n != 2 {
		f.Errorf("a scan made before the changes has %d rows, want 2", n)
	}
	f.close(snap)
	f.wantValue(f.store.Latest(), f.docs, "a", newDoc(8))
	f.wantHistory(f.store.Latest(), f.docs, "a")
	f.wantRows(f.store.Latest(), f.docs, nil, nil,
		[]pair{{"a", newDoc(8)}, {"b", newDoc(7)}, {"c", newDoc(3)}})
}

// testSnapshotsMany: many open snapshots see their own instants, closed in any order.
func testSnapshotsMany(f *fixture) {
	const n, rows = 40, 7
	snaps := make([]brook.Snapshot, n)
	at := func(i, row int) int { // the last commit up to i that wrote the row
		for ; i%rows != row; i-- {
		}
		return i
	}
	for i := range n {
		f.commit(put(f.docs, fmt.Sprint(i%rows), newDoc(i), event("all", i)))
		snaps[i] = f.snapshot()
	}
	check := func(i int) {
		f.Helper()
		var want []pair
		for row := range min(i+1, rows) {
			j := at(i, row)
			want = append(want, pair{fmt.Sprint(row), newDoc(j)})
			var history []*brook.HistoryEntry
			for k := row; k <= j; k += rows {
				history = append(history, event("all", k))
			}
			f.wantHistory(snaps[i], f.docs, fmt.Sprint(row), history...)
			f.wantValue(snaps[i], f.docs, fmt.Sprint(row), newDoc(j))
		}
		f.wantRows(snaps[i], f.docs, nil, nil, want)
	}
	for step := range n { // 0, 17, 34, 11, …: each one once
		i := step * 17 % n
		check(i)
		f.close(snaps[i])
		f.commit(put(f.docs, "unrelated", newDoc(step)))
		for _, j := range []int{(step + 1) * 17 % n, (n - 1) * 17 % n} {
			if step < n-1 {
				check(j)
			}
		}
	}
}
