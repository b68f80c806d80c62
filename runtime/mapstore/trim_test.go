package mapstore

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
)

// versionsOf counts the versions that the rows of a table hold.
func versionsOf(t *testing.T, bt brook.Table) (rows, versions int) {
	t.Helper()
	for _, e := range cellsOf(bt.(*handle).contents.head.Load().val.tree.root.Load(), nil) {
		rows++
		for v := e.rows.head.Load(); v != nil; v = v.prev.Load() {
			versions++
		}
	}
	return rows, versions
}

func wantVersions(t *testing.T, bt brook.Table, rows, versions int) {
	t.Helper()
	if r, v := versionsOf(t, bt); r != rows || v != versions {
		t.Errorf("%d rows with %d versions, want %d with %d", r, v, rows, versions)
	}
}

func newRows(t *testing.T, n int) (*Store, brook.Table, func(write func(i int, w *brook.Write))) {
	t.Helper()
	s := New()
	bt, err := s.Table(t.Context(), brook.TableSpec{Name: "rows"})
	if err != nil {
		t.Fatal(err)
	}
	commit := func(write func(i int, w *brook.Write)) {
		t.Helper()
		var b brook.Batch
		for i := range n {
			w := brook.Write{Table: bt, Key: fmt.Appendf(nil, "%06d", i), Value: i}
			write(i, &w)
			b.Writes = append(b.Writes, w)
		}
		if err := s.Commit(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
	}
	commit(func(int, *brook.Write) {})
	return s, bt, commit
}

func same(int, *brook.Write) {}

func removed(_ int, w *brook.Write) { w.Op = brook.Remove }

func snapshotOf(t *testing.T, s *Store) brook.Snapshot {
	t.Helper()
	snap, err := s.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

func closed(t *testing.T, snap brook.Snapshot) {
	t.Helper()
	if err := snap.Close(); err != nil {
		t.Error(err)
	}
}

func TestTrim(t *testing.T) {
	const n = 500
	s, rows, commit := newRows(t, n)
	for range 3 { // nobody looks: nothing superseded is kept
		commit(same)
		wantVersions(t, rows, n, n)
	}

	long := snapshotOf(t, s) // one held for long keeps one version, however often a row changes
	for range 5 {
		commit(same)
		wantVersions(t, rows, n, 2*n)
	}
	short := snapshotOf(t, s)
	commit(same)
	commit(same)
	wantVersions(t, rows, n, 3*n)
	closed(t, short) // the last one that saw the middle version, which the next change lets go of
	commit(same)
	wantVersions(t, rows, n, 2*n)
	closed(t, long)
	wantVersions(t, rows, n, n)

	long = snapshotOf(t, s) // closed in the order of opening
	commit(same)
	short = snapshotOf(t, s)
	commit(same)
	wantVersions(t, rows, n, 3*n)
	closed(t, long)
	closed(t, short)
	wantVersions(t, rows, n, n)

	snap := snapshotOf(t, s)
	commit(removed)
	if r, _ := versionsOf(t, rows); r != n {
		t.Errorf("removed rows that a snapshot sees: %d, want %d", r, n)
	}
	closed(t, snap)
	wantVersions(t, rows, 0, 0)
	commit(same)
	commit(removed)
	wantVersions(t, rows, 0, 0)
	if got := rows.(*handle).contents.head.Load().val.hash.dir.Load(); liveIn(got) != 0 {
		t.Errorf("the hash index holds %d rows, want none", liveIn(got))
	}
	if len(s.clock.live) != 1 || len(s.clock.due) != 0 || len(s.waiting) != 0 {
		t.Errorf("%d instants, %d rows and %d tables wait", len(s.clock.live), len(s.clock.due),
			len(s.waiting))
	}
	if c := rows.(*handle).counts.head.Load(); c.prev.Load() != nil {
		t.Error("an old count is kept")
	}
}

func liveIn(d *directory) (n int) {
	seen := map[*segment]bool{}
	for i := range d.segments {
		if seg := d.segments[i].Load(); !seen[seg] {
			seen[seg] = true
			n += seg.live
		}
	}
	return n
}

// A scan pins its instant as a snapshot does, also when it is left early, and when its
// snapshot is closed in it.
func TestTrimAfterScan(t *testing.T) {
	const n = 300
	s, rows, commit := newRows(t, n)
	for i := range 2 {
		snap := snapshotOf(t, s)
		var r brook.Reader = snap
		if i == 0 {
			r = s.Latest()
		}
		seen := 0
		for row, err := range r.Scan(t.Context(), rows, nil, nil) {
			if err != nil {
				t.Fatal(err)
			}
			if want := fmt.Sprintf("%06d", seen); string(row.Key) != want ||
				row.Value.Data != seen {
				t.Fatalf("row %s %v, want %s", row.Key, row.Value.Data, want)
			}
			if seen == 0 {
				closed(t, snap)
				commit(func(_ int, w *brook.Write) { w.Value = -1 })
				commit(removed)
				commit(same)
				wantVersions(t, rows, n, 2*n)
			}
			if seen++; seen == 200 {
				break
			}
		}
		wantVersions(t, rows, n, n)
	}
}

// What a drop took is let go of, but not under a snapshot.
func TestDropUnderSnapshot(t *testing.T) {
	s, rows, commit := newRows(t, 300)
	snap := snapshotOf(t, s)
	if err := s.Drop(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	commit(removed)
	commit(func(_ int, w *brook.Write) { w.Value = "new" })
	seen := 0
	for row, err := range snap.Scan(t.Context(), rows, nil, nil) {
		if err != nil || row.Value.Data != seen {
			t.Fatalf("row %s %v, %v", row.Key, row.Value.Data, err)
		}
		if v, err := snap.Get(t.Context(), rows, row.Key); err != nil || v.Data != seen {
			t.Fatalf("row %s %v, %v", row.Key, v.Data, err)
		}
		seen++
	}
	if n, err := snap.(brook.Counter).Count(t.Context(), rows); n != 300 || err != nil ||
		seen != 300 {
		t.Errorf("%d rows, count %d, %v; want 300", seen, n, err)
	}
	closed(t, snap)
	commit(same)
	if rows.(*handle).contents.head.Load().prev.Load() != nil {
		t.Error("the dropped rows are kept")
	}
	if err := snap.Close(); err == nil {
		t.Error("closing twice is no error")
	}
	if _, err := snap.Get(t.Context(), rows, []byte("000001")); err == nil {
		t.Error("a closed snapshot gives rows")
	}
}

// With snapshots and scans that come and go at all times, what is kept stays in proportion.
func TestTrimUnderLoad(t *testing.T) {
	const n, commits = 50, 400
	s, rows, commit := newRows(t, n)
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			var held brook.Snapshot
			for i := 0; ; i++ {
				select {
				case <-done:
					if held != nil {
						closed(t, held)
					}
					return
				default:
				}
				snap := snapshotOf(t, s)
				for row, err := range snap.Scan(context.Background(), rows, nil, nil) {
					if err != nil {
						t.Error(err)
					}
					if v, err := snap.Get(context.Background(), rows, row.Key); err != nil ||
						v != row.Value {
						t.Errorf("%s is %v, then %v, %v", row.Key, row.Value, v, err)
					}
				}
				if held != nil {
					closed(t, held)
				}
				held = snap
			}
		})
	}
	for range commits {
		commit(same)
		if _, v := versionsOf(t, rows); v > n*20 {
			t.Fatalf("%d versions of %d rows", v, n)
		}
	}
	close(done)
	wg.Wait()
	commit(same)
	wantVersions(t, rows, n, n)
}

// A history's trimmed entries are let go of.
func TestHistoryLetGo(t *testing.T) {
	s := New()
	rows, err := s.Table(t.Context(), brook.TableSpec{Name: "rows", Keep: map[string]int{"e": 10}})
	if err != nil {
		t.Fatal(err)
	}
	live := make(chan struct{}, 1000)
	for range 1000 {
		e := &brook.HistoryEntry{Type: "e", Data: make([]byte, 100)}
		runtime.AddCleanup(e, func(ch chan struct{}) { ch <- struct{}{} }, live)
		b := &brook.Batch{Writes: []brook.Write{{Table: rows, Key: []byte("k"),
			History: []*brook.HistoryEntry{e}}}}
		if err := s.Commit(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	h := rows.(*handle).find([]byte("k")).val.history
	if got := len(h.entries); got > 15 {
		t.Errorf("%d entries are in memory to keep 10", got)
	}
	runtime.GC()
	for range 980 {
		<-live
	}
}
