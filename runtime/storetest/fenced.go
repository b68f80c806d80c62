package storetest

import (
	"crypto/rand"
	"errors"
	"fmt"
	"sync"

	brook "github.com/brookgen/brookgen/runtime"
)

// fenced skips tests of stores that several processes write.
func (f *fixture) fenced() {
	f.Helper()
	if s, ok := f.store.(brook.Fenced); !ok || !s.Fenced() {
		f.Skip("the store is not brook.Fenced")
	}
}

func newID() (id brook.BatchID) {
	rand.Read(id[:])
	return id
}

// version reads a row's version, 0 if there is no row.
func (f *fixture) version(r brook.Reader, t brook.Table, key string) uint64 {
	f.Helper()
	v, err := r.Get(f.ctx, t, []byte(key))
	if errors.Is(err, brook.ErrNotFound) {
		return 0
	}
	if err != nil {
		f.Fatalf("Get %q: %v", key, err)
	}
	if v.Version == 0 {
		f.Errorf("Get %q: the version is 0", key)
	}
	return v.Version
}

// testVersions: each commit that writes a row sets a version the row never had, and all readers
// return the same one.
func testVersions(f *fixture) {
	f.fenced()
	seen := map[uint64]int{}
	for n := range 50 {
		switch n % 10 {
		case 7:
			f.commit(remove(f.docs, "k"))
			continue
		case 8:
			f.commit(brook.Write{Table: f.docs, Key: []byte("k"), Value: newDoc(0), Clear: true})
		default:
			f.commit(put(f.docs, "k", newDoc(0), event("all", n))) // always the same value
		}
		version := f.version(f.store.Latest(), f.docs, "k")
		if before, again := seen[version]; again {
			f.Errorf("commits %d and %d gave version %d", before, n, version)
		}
		seen[version] = n
		f.commit(put(f.docs, "other", newDoc(n)), put(f.more, "k", newDoc(n)), remove(f.bytes, "k"))
		if again := f.version(f.store.Latest(), f.docs, "k"); again != version {
			f.Errorf("commit %d: the version went from %d to %d with other rows", n, version, again)
		}
		snap := f.snapshot()
		for _, r := range []brook.Reader{f.store.Latest(), snap} {
			if again := f.version(r, f.docs, "k"); again != version {
				f.Errorf("commit %d: version %d, and %d at another look", n, version, again)
			}
			for row, err := range r.Scan(f.ctx, f.docs, []byte("k"), []byte("l")) {
				if err != nil {
					f.Fatalf("Scan: %v", err)
				}
				if row.Value.Version != version {
					f.Errorf("commit %d: version %d, and %d in a scan", n, version,
						row.Value.Version)
				}
			}
		}
		f.close(snap)
	}
}

// testChecks: a batch is done if all of its checks hold, and leaves no trace if one does not.
func testChecks(f *fixture) {
	f.fenced()
	f.commit(put(f.docs, "a", newDoc(1), event("all", 1)), put(f.docs, "b", newDoc(2)),
		put(f.bytes, "v", []byte("one")), put(f.bytes, "empty", []byte{}))
	old := f.version(f.store.Latest(), f.docs, "a")
	f.commit(put(f.docs, "a", newDoc(3), event("all", 2)))
	a, b, v := f.version(f.store.Latest(), f.docs, "a"), f.version(f.store.Latest(), f.docs, "b"),
		f.version(f.store.Latest(), f.bytes, "v")
	check := func(t brook.Table, key string, version uint64, value []byte) brook.Check {
		return brook.Check{Table: t, Key: []byte(key), Version: version, Value: value}
	}
	for name, c := range map[string]brook.Check{
		"an older version":                    check(f.docs, "a", old, nil),
		"another row's version":               check(f.docs, "a", b, nil),
		"a row that is not there":             check(f.docs, "none", a, nil),
		"a row that is there":                 check(f.docs, "a", 0, nil),
		"another value":                       check(f.bytes, "v", v, []byte("two")),
		"the begin of the value":              check(f.bytes, "v", 0, []byte("on")),
		"no value":                            check(f.bytes, "none", 0, []byte("one")),
		"an empty value":                      check(f.bytes, "v", v, []byte{}),
		"no empty value":                      check(f.bytes, "none", 0, []byte{}),
		"the same row, as it will be written": check(f.docs, "new", a, nil),
	} {
		good := []brook.Check{check(f.docs, "b", b, nil), check(f.bytes, "v", v, nil)}
		for i := range 3 { // wherever it stands in the batch
			checks := append(append(append([]brook.Check(nil), good[:min(i, 2)]...), c),
				good[min(i, 2):]...)
			err := f.store.Commit(f.ctx,
				&brook.Batch{ID: newID(), Checks: checks, Writes: []brook.Write{
					put(f.docs, "new", newDoc(9), event("all", 9)),
					put(f.docs, "a", newDoc(9), event("all", 9)), remove(f.docs, "b"),
					put(f.bytes, "v", []byte("two")),
					{Table: f.more, Key: []byte("x"), Value: newDoc(9), Clear: true}}})
			if !errors.Is(err, brook.ErrConflict) {
				f.Errorf("%s: %v, want ErrConflict", name, err)
			}
		}
		f.wantRows(f.store.Latest(), f.docs, nil, nil, []pair{{"a", newDoc(3)}, {"b", newDoc(2)}})
		f.wantHistory(f.store.Latest(), f.docs, "a", event("all", 1), event("all", 2))
		f.wantHistory(f.store.Latest(), f.docs, "new")
		f.wantRows(f.store.Latest(), f.bytes, nil, nil,
			[]pair{{"empty", []byte{}}, {"v", []byte("one")}})
		f.wantRows(f.store.Latest(), f.more, nil, nil, nil)
		if again := f.version(f.store.Latest(), f.docs, "a"); again != a {
			f.Errorf("%s: a conflict changed the version", name)
		}
	}
	var many []brook.Check
	for i := range 3000 {
		many = append(many, check(f.more, fmt.Sprint(i), 0, nil))
	}
	many = append(many, check(f.docs, "a", a, nil), check(f.docs, "b", b, nil),
		check(f.docs, "none", 0, nil), check(f.bytes, "v", 0, []byte("one")),
		check(f.bytes, "empty", 0, []byte{}), check(f.bytes, "none", 0, nil))
	if err := f.store.Commit(f.ctx,
		&brook.Batch{ID: newID(), Checks: many,
			Writes: []brook.Write{put(f.docs, "a", newDoc(4)),
				put(f.docs, "none", newDoc(5))}}); err != nil {
		f.Errorf("checks that hold: %v", err)
	}
	f.wantRows(f.store.Latest(), f.docs, nil, nil,
		[]pair{{"a", newDoc(4)}, {"b", newDoc(2)}, {"none", newDoc(5)}})
	if err := f.store.Commit(f.ctx,
		&brook.Batch{ID: newID(),
			Checks: []brook.Check{check(f.docs, "a", a, nil)}}); !errors.Is(err,
		brook.ErrConflict) {
		f.Errorf("a check without writes: %v, want ErrConflict", err)
	}
}

// testBatchRepeated: a batch that comes again is a success and does nothing, also if others came in
// between, and if its checks no longer hold because it was done.
func testBatchRepeated(f *fixture) {
	f.fenced()
	var batches []*brook.Batch
	for n := range 20 {
		key := fmt.Sprint(n % 3)
		b := &brook.Batch{ID: newID(),
			Checks: []brook.Check{{Table: f.docs, Key: []byte(key),
				Version: f.version(f.store.Latest(), f.docs, key)}},
			Writes: []brook.Write{put(f.docs, key, newDoc(n), event("all", n)),
				remove(f.more, fmt.Sprint(n-1)), put(f.more, fmt.Sprint(n), newDoc(n))}}
		batches = append(batches, b)
		for i := n; i >= 0; i -= 1 + n/4 {
			if err := f.store.Commit(f.ctx, batches[i]); err != nil {
				f.Fatalf("batch %d after %d: %v", i, n, err)
			}
		}
		f.wantRows(f.store.Latest(), f.more, nil, nil, []pair{{fmt.Sprint(n), newDoc(n)}})
		f.wantValue(f.store.Latest(), f.docs, key, newDoc(n))
		var history []*brook.HistoryEntry
		for i := n % 3; i <= n; i += 3 {
			history = append(history, event("all", i))
		}
		f.wantHistory(f.store.Latest(), f.docs, key, history...)
	}
	refused := &brook.Batch{ID: newID(), Checks: []brook.Check{{Table: f.docs, Key: []byte("0")}},
		Writes: []brook.Write{put(f.docs, "late", newDoc(1))}}
	if err := f.store.Commit(f.ctx, refused); !errors.Is(err, brook.ErrConflict) {
		f.Errorf("a check that does not hold: %v, want ErrConflict", err)
	}
	f.commit(remove(f.docs, "0"))
	if err := f.store.Commit(f.ctx, refused); err != nil { // what was refused was not done
		f.Errorf("the batch again, when its check holds: %v", err)
	}
	f.wantValue(f.store.Latest(), f.docs, "late", newDoc(1))
}

// testUpdates: a writer that checks what it read loses no update, with any number of writers.
func testUpdates(f *fixture) {
	f.fenced()
	const writers, updates = 6, 40
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for n := 0; n < updates; {
				key := fmt.Sprint((n + w) % 2)
				v, err := f.store.Latest().Get(f.ctx, f.docs, []byte(key))
				sum := 0
				if err == nil {
					sum = v.Data.(*doc).Numbers[0]
				} else if !errors.Is(err, brook.ErrNotFound) {
					f.Errorf("Get: %v", err)
					return
				}
				err = f.store.Commit(f.ctx,
					&brook.Batch{ID: newID(),
						Checks: []brook.Check{{Table: f.docs, Key: []byte(key),
							Version: v.Version}},
						Writes: []brook.Write{put(f.docs, key, newDoc(sum+1), event("all", sum))}})
				if err == nil {
					n++
				} else if !errors.Is(err, brook.ErrConflict) {
					f.Errorf("Commit: %v", err)
					return
				}
			}
		})
	}
	wg.Wait()
	for _, key := range []string{"0", "1"} {
		f.wantValue(f.store.Latest(), f.docs, key, newDoc(writers*updates/2))
		f.wantHistory(f.store.Latest(), f.docs, key, events("all", 0, writers*updates/2)...)
	}
}
