package storetest

import (
	"bytes"
	"fmt"
	"math/rand/v2"

	brook "github.com/brookgen/brookgen/runtime"
)

// testValues: what was written is read, with its type, and replaced by the next write.
func testValues(f *fixture) {
	big := make([]byte, 300_000)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range big {
		big[i] = byte(r.Uint32())
	}
	for i, value := range [][]byte{{}, {0}, {0xff, 0}, []byte("text"), big, []byte("small again")} {
		f.commit(put(f.bytes, "k", value))
		f.wantValue(f.store.Latest(), f.bytes, "k", value)
		f.wantRows(f.store.Latest(), f.bytes, nil, nil, []pair{{"k", value}})
		f.commit(put(f.docs, "k", newDoc(i)))
		f.wantValue(f.store.Latest(), f.docs, "k", newDoc(i))
	}
}

// testValuesOwned: what was read and is not Shared is the reader's own.
func testValuesOwned(f *fixture) {
	spoil := func(v brook.Value) {
		if v.Shared {
			return
		}
		switch d := v.Data.(type) {
		case *doc:
			d.Name, d.Numbers[0], d.Tags["n"] = "spoilt", -1, "spoilt"
		case []byte:
			clear(d[:cap(d)])
		}
	}
	check := func() {
		f.Helper()
		f.wantRows(f.store.Latest(), f.docs, nil, nil, []pair{{"a", newDoc(1)}, {"b", newDoc(2)}})
		f.wantRows(f.store.Latest(), f.bytes, nil, nil,
			[]pair{{"a", []byte("one")}, {"b", []byte("two")}})
		f.wantValue(f.store.Latest(), f.docs, "a", newDoc(1))
		f.wantValue(f.store.Latest(), f.bytes, "b", []byte("two"))
	}
	f.commit(put(f.docs, "a", newDoc(1)), put(f.docs, "b", newDoc(2)),
		put(f.bytes, "a", []byte("one")), put(f.bytes, "b", []byte("two")))
	snap := f.snapshot()
	defer f.close(snap)
	for _, r := range []brook.Reader{f.store.Latest(), snap} {
		for _, t := range []brook.Table{f.docs, f.bytes} {
			for _, key := range []string{"a", "b"} {
				v, err := r.Get(f.ctx, t, []byte(key))
				if err != nil {
					f.Fatalf("Get %q: %v", key, err)
				}
				spoil(v)
			}
			check()
			var kept []brook.Value
			for row, err := range r.Scan(f.ctx, t, nil, nil) {
				if err != nil {
					f.Fatalf("Scan: %v", err)
				}
				kept = append(kept, row.Value)
			}
			for _, v := range kept { // a value is good after the scan, only its key is not
				spoil(v)
			}
			check()
		}
	}
}

// testBatchReused: slices and keys of a batch are the caller's again after the commit.
func testBatchReused(f *fixture) {
	var (
		batch   brook.Batch
		history []*brook.HistoryEntry
		keys    []byte
		want    []pair
	)
	const rounds, rows = 6, 8
	for round := range rounds {
		batch.Writes, history, keys = batch.Writes[:0], history[:0], keys[:0]
		for i := range rows {
			from := len(history)
			history = append(history, event("all", round), event("all", 100*round+i))
			start := len(keys)
			keys = fmt.Appendf(keys,
				"round %d key %d, longer than what fits in anything that is small", round, i)
			w := brook.Write{Table: f.docs, Key: keys[start:], Value: newDoc(10*round + i),
				History: history[from:]}
			batch.Writes = append(batch.Writes, w)
			want = append(want, pair{string(w.Key), newDoc(10*round + i)})
		}
		if err := f.store.Commit(f.ctx, &batch); err != nil {
			f.Fatalf("Commit: %v", err)
		}
		for i := range batch.Writes {
			batch.Writes[i] = brook.Write{}
		}
		clear(history)
		copy(keys, bytes.Repeat([]byte{'x'}, len(keys)))
	}
	f.wantRows(f.store.Latest(), f.docs, nil, nil, want)
	for i, w := range want {
		f.wantValue(f.store.Latest(), f.docs, w.key, w.value)
		f.wantHistory(f.store.Latest(), f.docs, w.key, event("all", i/rows),
			event("all", 100*(i/rows)+i%rows))
	}
}
