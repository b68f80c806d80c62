package storetest

import (
	"context"
	"errors"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
)

// testCancelled: a call whose context has ended either did everything or returns the context's
// error, and a commit that returned it wrote nothing.
func testCancelled(f *fixture) {
	f.commit(put(f.docs, "k", newDoc(1), event("all", 1)))
	ctx, cancel := context.WithCancel(f.ctx)
	cancel()
	ended := func(what string, err error) bool {
		f.Helper()
		if err != nil && !errors.Is(err, context.Canceled) {
			f.Errorf("%s: %v, want context.Canceled", what, err)
		}
		return err != nil
	}
	err := f.store.Commit(ctx,
		&brook.Batch{Writes: []brook.Write{put(f.docs, "k", newDoc(2), event("all", 2)),
			put(f.more, "new", newDoc(2))}})
	if ended("Commit", err) {
		f.wantValue(f.store.Latest(), f.docs, "k", newDoc(1))
		f.wantHistory(f.store.Latest(), f.docs, "k", event("all", 1))
		f.wantValue(f.store.Latest(), f.more, "new", nil)
	} else {
		f.wantValue(f.store.Latest(), f.docs, "k", newDoc(2))
		f.wantValue(f.store.Latest(), f.more, "new", newDoc(2))
	}
	f.commit(put(f.docs, "k", newDoc(3)))
	if v, err := f.store.Latest().Get(ctx, f.docs, []byte("k")); !ended("Get", err) &&
		!sameValue(v.Data, newDoc(3)) {
		f.Errorf("Get: %s", show(v.Data))
	}
	rows := 0
	for _, err := range f.store.Latest().Scan(ctx, f.docs, nil, nil) {
		if ended("Scan", err) {
			rows = 1
			break
		}
		rows++
	}
	if rows != 1 {
		f.Errorf("a scan ended without an error and %d rows, want 1", rows)
	}
	for _, err := range f.store.Latest().History(ctx, f.docs, []byte("k")) {
		if ended("History", err) {
			break
		}
	}
	if snap, err := f.store.Snapshot(ctx); !ended("Snapshot", err) {
		f.wantValue(snap, f.docs, "k", newDoc(3))
		f.close(snap)
	}
	_, err = f.store.Table(ctx, brook.TableSpec{Name: "made too late"})
	ended("Table", err)
}

// testCount: a Counter counts what a scan yields, at its own instant.
func testCount(f *fixture) {
	latest, ok := f.store.Latest().(brook.Counter)
	if !ok {
		f.Skip("the store's readers are no brook.Counter")
	}
	want := func(c brook.Counter, t brook.Table, n int) {
		f.Helper()
		got, err := c.Count(f.ctx, t)
		if !f.moved(err) && (err != nil || got != n) {
			f.Errorf("Count: %d, %v; want %d", got, err, n)
		}
	}
	want(latest, f.docs, 0)
	var batch []brook.Write
	for i := range 100 {
		batch = append(batch, put(f.docs, fmt.Sprint(i), newDoc(i), event("all", i)))
	}
	f.commit(batch...)
	snap := f.snapshot()
	defer f.close(snap)
	f.commit(remove(f.docs, "1"), remove(f.docs, "none"), put(f.docs, "2", newDoc(0)),
		put(f.more, "1", newDoc(1)))
	f.commit(remove(f.docs, "2"), remove(f.docs, "1"))
	want(latest, f.docs, 98)
	want(latest, f.more, 1)
	want(latest, f.bytes, 0)
	f.commit(put(f.docs, "1", newDoc(1)))
	want(f.store.Latest().(brook.Counter), f.docs, 99)
	if c, ok := snap.(brook.Counter); ok {
		want(c, f.docs, 100)
		want(c, f.more, 0)
	}
}

// testDrop: a dropped table is empty and can be filled again; the others stay.
func testDrop(f *fixture) {
	dropper, ok := f.store.(brook.Dropper)
	if !ok {
		f.Skip("the store is no brook.Dropper")
	}
	drop := func(t brook.Table) {
		f.Helper()
		if err := dropper.Drop(f.ctx, t); err != nil {
			f.Fatalf("Drop: %v", err)
		}
	}
	drop(f.bytes)
	var batch []brook.Write
	for i := range 1000 {
		key := fmt.Sprintf("%04d", i)
		batch = append(batch, put(f.docs, key, newDoc(i), event("all", i)),
			put(f.more, key, newDoc(i), event("all", i)))
	}
	f.commit(batch...)
	drop(f.docs)
	check := func(t brook.Table, n int) {
		f.Helper()
		rows := 0
		for _, err := range f.store.Latest().Scan(f.ctx, t, nil, nil) {
			if err != nil {
				f.Fatalf("Scan: %v", err)
			}
			rows++
		}
		if rows != n {
			f.Errorf("%d rows, want %d", rows, n)
		}
		if c, ok := f.store.Latest().(brook.Counter); ok {
			if got, err := c.Count(f.ctx, t); err != nil || got != n {
				f.Errorf("Count: %d, %v; want %d", got, err, n)
			}
		}
	}
	check(f.docs, 0)
	check(f.more, 1000)
	f.wantValue(f.store.Latest(), f.docs, "0007", nil)
	f.wantHistory(f.store.Latest(), f.docs, "0007")
	f.wantHistory(f.store.Latest(), f.more, "0007", event("all", 7))
	f.commit(put(f.docs, "0007", newDoc(70), event("two", 1)))
	f.wantHistory(f.store.Latest(), f.docs, "0007", event("two", 1))
	check(f.docs, 1)
	drop(f.docs)
	drop(f.docs)
	check(f.docs, 0)
}

// testFetch: a Fetcher returns what as many calls of Get would.
func testFetch(f *fixture) {
	fetcher, ok := f.store.Latest().(brook.Fetcher)
	if !ok {
		f.Skip("the store's readers are no brook.Fetcher")
	}
	if values, err := fetcher.Fetch(f.ctx, nil); err != nil || len(values) != 0 {
		f.Errorf("nothing is fetched: %d values, %v", len(values), err)
	}
	var keys []brook.TableKey
	var batch []brook.Write
	for i := range 3000 { // more than a store may ask for in one go
		t, key := []brook.Table{f.docs, f.more, f.bytes}[i%3], fmt.Sprintf("%04d\x00\xff", i/4)
		keys = append(keys, brook.TableKey{Table: t, Key: []byte(key)})
		switch {
		case i/3%4 == 0: // it does not exist
		case i%3 == 2:
			batch = append(batch, put(t, key, []byte(key)))
		default:
			batch = append(batch, put(t, key, newDoc(i), event("all", i)))
		}
	}
	keys = append(keys, keys[1], brook.TableKey{Table: f.docs, Key: []byte{}}) // one is repeated
	seen := map[string]bool{}
	var once []brook.Write
	for _, w := range batch {
		if at := fmt.Sprint(w.Table == f.docs, w.Table == f.more, w.Key); !seen[at] {
			seen[at] = true
			once = append(once, w)
		}
	}
	f.commit(once...)
	values, err := f.store.Latest().(brook.Fetcher).Fetch(f.ctx, keys)
	if err != nil || len(values) != len(keys) {
		f.Fatalf("%d values of %d keys, %v", len(values), len(keys), err)
	}
	there := 0
	for i, k := range keys {
		want, err := f.store.Latest().Get(f.ctx, k.Table, k.Key)
		if err != nil && !errors.Is(err, brook.ErrNotFound) {
			f.Fatal(err)
		}
		if want.Data != nil {
			there++
		}
		if got := values[i]; got.Version != want.Version ||
			(got.Data == nil) != (want.Data == nil) ||
			got.Data != nil && !sameValue(got.Data, want.Data) {
			f.Fatalf("key %d: %s at version %d, and Get gives %s at %d", i, show(got.Data),
				got.Version, show(want.Data), want.Version)
		}
	}
	if there < 1000 || there == len(keys) {
		f.Errorf("%d of %d rows are there", there, len(keys))
	}
	ctx, cancel := context.WithCancel(f.ctx)
	cancel()
	if _, err := fetcher.Fetch(ctx, keys); err != nil && !errors.Is(err, context.Canceled) {
		f.Errorf("Fetch: %v, want context.Canceled", err)
	}
}
