package storetest

import (
	"errors"
	"fmt"
	"sync"

	brook "github.com/brookgen/brookgen/runtime"
)

// testCommitAtomic: readers see all of a commit, in every table, or nothing of it, while a writer
// continues. Each commit n sets a row of each table to n, has n%3 rows of a range in each, and
// appends the row's n-th history entry.
func testCommitAtomic(f *fixture) {
	const commits = 300
	tables := []brook.Table{f.docs, f.more}
	batch := func(n int) (b []brook.Write) {
		for _, t := range tables {
			b = append(b, put(t, "counter", newDoc(n), event("one", n)))
			for i := range 3 {
				if key := fmt.Sprint("row ", i); i < n%3 {
					b = append(b, put(t, key, newDoc(n)))
				} else {
					b = append(b, remove(t, key))
				}
			}
		}
		return b
	}
	f.commit(batch(0)...)
	var (
		wg   sync.WaitGroup
		done = make(chan struct{})
	)
	for range 3 {
		wg.Go(func() {
			for last := false; !last; {
				select {
				case <-done:
					last = true
				default:
				}
				f.checkAtomic(tables)
			}
		})
	}
	for n := 1; n <= commits && !f.Failed(); n++ {
		if err := f.store.Commit(f.ctx, &brook.Batch{Writes: batch(n)}); err != nil {
			f.Errorf("Commit: %v", err)
		}
	}
	close(done)
	wg.Wait()
	f.wantValue(f.store.Latest(), f.docs, "counter", newDoc(commits))
}

// checkAtomic reads one instant in all tables, and in one scan of Latest.
func (f *fixture) checkAtomic(tables []brook.Table) {
	snap, err := f.store.Snapshot(f.ctx)
	if err != nil {
		f.Errorf("Snapshot: %v", err)
		return
	}
	defer f.close(snap)
	first := -1
	for _, t := range tables {
		v, err := snap.Get(f.ctx, t, []byte("counter"))
		if f.moved(err) {
			return
		}
		if err != nil {
			f.Errorf("Get: %v", err)
			return
		}
		n := v.Data.(*doc).Numbers[0]
		if first < 0 {
			first = n
		}
		if n != first {
			f.Errorf("one snapshot sees commits %d and %d", first, n)
		}
		if !f.checkInstant(snap, t, n) {
			return
		}
		newest := ""
		for e, err := range snap.History(f.ctx, t, []byte("counter")) {
			if err != nil {
				if !f.moved(err) {
					f.Errorf("History: %v", err)
				}
				return
			}
			newest = e.ID
		}
		if want := event("one", n).ID; newest != want {
			f.Errorf("the newest event of commit %d is %s, want %s", n, newest, want)
		}
		if !f.suite.remote {
			f.checkInstant(f.store.Latest(), t, -1)
		}
	}
}

// checkInstant checks that a scan sees the rows of one commit: that one, or any for -1.
func (f *fixture) checkInstant(r brook.Reader, t brook.Table, n int) bool {
	rows := 0
	for row, err := range r.Scan(f.ctx, t, nil, nil) {
		if f.moved(err) {
			return false
		}
		if err != nil {
			f.Errorf("Scan: %v", err)
			return false
		}
		got := row.Value.Data.(*doc).Numbers[0]
		if n < 0 {
			n = got
		}
		if got != n {
			f.Errorf("a scan sees commits %d and %d", n, got)
			return false
		}
		rows++
	}
	if rows != 1+n%3 {
		f.Errorf("a scan of commit %d sees %d rows, want %d", n, rows, 1+n%3)
	}
	return true
}

// testCommitsOrdered: a commit that has returned is seen by every read that begins later, on any
// goroutine, and what was seen once is not unseen.
func testCommitsOrdered(f *fixture) {
	const commits = 400
	f.commit(put(f.docs, "k", newDoc(0)))
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		done int
	)
	committed := func() int {
		mu.Lock()
		defer mu.Unlock()
		return done
	}
	for range 3 {
		wg.Go(func() {
			for seen := 0; seen < commits && !f.Failed(); {
				least := max(seen, committed())
				v, err := f.store.Latest().Get(f.ctx, f.docs, []byte("k"))
				if err != nil {
					f.Errorf("Get: %v", err)
					return
				}
				if seen = v.Data.(*doc).Numbers[0]; seen < least {
					f.Errorf("a read sees commit %d after %d returned or was seen", seen, least)
					return
				}
			}
		})
	}
	for n := 1; n <= commits; n++ {
		if err := f.store.Commit(f.ctx,
			&brook.Batch{Writes: []brook.Write{put(f.docs, "k", newDoc(n))}}); err != nil {
			f.Errorf("Commit: %v", err)
			break
		}
		mu.Lock()
		done = n
		mu.Unlock()
	}
	wg.Wait()
}

// testWriters: several writers lose nothing of each other.
func testWriters(f *fixture) {
	const writers, commits = 4, 60
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for n := range commits {
				b := &brook.Batch{Writes: []brook.Write{
					put(f.docs, fmt.Sprintf("own %d", w), newDoc(n), event("all", n)),
					put(f.docs, fmt.Sprintf("own %d/%03d", w, n), newDoc(n)),
					put(f.more, fmt.Sprintf("%03d/%d", n, w), newDoc(w)),
				}}
				if n > 0 {
					b.Writes = append(b.Writes, remove(f.docs, fmt.Sprintf("own %d/%03d", w, n-1)))
				}
				if err := f.store.Commit(f.ctx, b); err != nil {
					f.Errorf("Commit: %v", err)
					return
				}
			}
		})
	}
	wg.Wait()
	var docs, more []pair
	for w := range writers {
		docs = append(docs, pair{fmt.Sprintf("own %d", w), newDoc(commits - 1)},
			pair{fmt.Sprintf("own %d/%03d", w, commits-1), newDoc(commits - 1)})
		f.wantHistory(f.store.Latest(), f.docs, fmt.Sprintf("own %d", w),
			events("all", 0, commits)...)
		for n := range commits {
			more = append(more, pair{fmt.Sprintf("%03d/%d", n, w), newDoc(w)})
		}
	}
	f.wantRows(f.store.Latest(), f.docs, nil, nil, sorted(docs))
	f.wantRows(f.store.Latest(), f.more, nil, nil, sorted(more))
}

// testTooLarge: a batch that is more than a store takes is ErrTooLarge, and leaves no trace.
// Anything smaller works afterwards.
func testTooLarge(f *fixture) {
	rows := 0
	for n := 1; n <= 1<<14; n *= 8 {
		var b []brook.Write
		for i := range n {
			b = append(b, put(f.bytes, fmt.Sprintf("%06d", i), make([]byte, 1000)))
		}
		err := f.store.Commit(f.ctx, &brook.Batch{Writes: b})
		if errors.Is(err, brook.ErrTooLarge) {
			break
		}
		if err != nil {
			f.Fatalf("a commit of %d rows: %v", n, err)
		}
		rows = n
	}
	if rows < 64 {
		f.Errorf("the store takes no more than %d rows of 1000 bytes in one commit", rows)
	}
	got := 0
	for _, err := range f.store.Latest().Scan(f.ctx, f.bytes, nil, nil) {
		if err != nil {
			f.Fatalf("Scan: %v", err)
		}
		got++
	}
	if got != rows {
		f.Errorf("%d rows are there, want %d", got, rows)
	}
	for name, w := range map[string]brook.Write{
		"key of 100,000 bytes": put(f.more, string(make([]byte, 100_000)), newDoc(1),
			event("all", 1)),
		"value of 5,000,000": put(f.bytes, "large", make([]byte, 5_000_000), event("all", 1)),
	} {
		err := f.store.Commit(f.ctx,
			&brook.Batch{Writes: []brook.Write{put(f.docs, name, newDoc(1)), w}})
		switch {
		case err == nil:
			f.wantValue(f.store.Latest(), f.docs, name, newDoc(1))
			f.wantValue(f.store.Latest(), w.Table, string(w.Key), w.Value)
			f.wantHistory(f.store.Latest(), w.Table, string(w.Key), event("all", 1))
		case errors.Is(err, brook.ErrTooLarge):
			f.wantValue(f.store.Latest(), f.docs, name, nil)
			f.wantValue(f.store.Latest(), w.Table, "large", nil)
		default:
			f.Errorf("a %s: %v", name, err)
		}
	}
	f.commit(put(f.docs, "small", newDoc(1)))
	f.wantValue(f.store.Latest(), f.docs, "small", newDoc(1))
}
