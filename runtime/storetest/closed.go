package storetest

import (
	"errors"
	"io"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
)

// RunClosed checks that a closed store answers every call with an error that wraps
// brook.ErrPermanent, so that nobody waits for it. Each call of open returns an empty store, and a
// function that closes it for good.
func RunClosed(t *testing.T, open func(t *testing.T) (store brook.Store, end func())) {
	store, end := open(t)
	f := newFixture(t, &suite{}, store)
	f.commit(put(f.docs, "k", newDoc(1), event("all", 1)), put(f.bytes, "k", []byte("v")))
	snap := f.snapshot()
	latest := store.Latest()
	if _, ok := store.(brook.Fenced); !ok {
		f.close(snap) // a store may wait for its snapshots before it closes
		snap = nil
	}
	end()
	wantPermanent := func(what string, err error) {
		f.Helper()
		if !errors.Is(err, brook.ErrPermanent) {
			f.Errorf("%s of a closed store: %v, want an error that wraps brook.ErrPermanent", what,
				err)
		}
	}
	_, err := store.Table(f.ctx, brook.TableSpec{Name: "docs", Codec: docCodec{}})
	wantPermanent("Table", err)
	_, err = store.Table(f.ctx, brook.TableSpec{Name: "new"})
	wantPermanent("Table, a new one,", err)
	wantPermanent("Commit", store.Commit(f.ctx,
		&brook.Batch{Writes: []brook.Write{put(f.docs, "k", newDoc(2), event("all", 2))}}))
	wantPermanent("Commit, a removal,",
		store.Commit(f.ctx, &brook.Batch{Writes: []brook.Write{remove(f.docs, "k")}}))
	if s, err := store.Snapshot(f.ctx); err == nil {
		_, err = s.Get(f.ctx, f.docs, []byte("k"))
		wantPermanent("Snapshot", err)
	} else {
		wantPermanent("Snapshot", err)
	}
	if dropper, ok := store.(brook.Dropper); ok {
		wantPermanent("Drop", dropper.Drop(f.ctx, f.docs))
	}
	if b, ok := store.(brook.Backuper); ok {
		wantPermanent("Backup", b.Backup(f.ctx, io.Discard))
	}
	readers := map[string]brook.Reader{"": latest, ", asked for anew,": store.Latest()}
	if snap != nil {
		readers[" of a snapshot"] = snap
	}
	for of, r := range readers {
		_, err = r.Get(f.ctx, f.docs, []byte("k"))
		wantPermanent("Get"+of, err)
		_, err = r.Get(f.ctx, f.docs, []byte("none"))
		wantPermanent("Get of nothing"+of, err)
		err = nil
		for _, err = range r.Scan(f.ctx, f.docs, nil, nil) {
		}
		wantPermanent("Scan"+of, err)
		err = nil
		for _, err = range r.History(f.ctx, f.docs, []byte("k")) {
		}
		wantPermanent("History"+of, err)
		if down, ok := r.(brook.Reverser); ok {
			err = nil
			for _, err = range down.Reverse(f.ctx, f.docs, nil, nil) {
			}
			wantPermanent("Reverse"+of, err)
		}
		if c, ok := r.(brook.Counter); ok {
			_, err = c.Count(f.ctx, f.docs)
			wantPermanent("Count"+of, err)
		}
		if fetcher, ok := r.(brook.Fetcher); ok {
			_, err = fetcher.Fetch(f.ctx, []brook.TableKey{{Table: f.docs, Key: []byte("k")}})
			wantPermanent("Fetch"+of, err)
		}
	}
}
