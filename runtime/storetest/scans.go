package storetest

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	brook "github.com/brookgen/brookgen/runtime"
)

// awkwardKeys are keys that a careless encoding would mix up or put in another order.
func awkwardKeys() []string {
	keys := []string{
		"", "\x00", "\x00\x00", "\x00\x01", "\x00\xff", "\x01", "\x01\x00", "\x7f", "\x80",
		"\xfe\xff", "\xff", "\xff\x00", "\xff\xff", "\xff\xff\xff",
		"1", "10", "1:2", "1\x00", "1\x002", "2", "a", "a\x00", "a\x00b", "aa", "ab", "a/b", "a:b",
		"a{b}", "{a}b", "a b", "a\nb", "a*", "a?", "[a]", "%61",
		"prefix", "prefix\x00", "prefix\xff", "prefiy", "é", "日本", "12345678", "12345678\x00",
		"123456789", "1234567\x00",
	}
	keys = append(keys, strings.Repeat("long", 200), strings.Repeat("long", 200)+"\x00",
		strings.Repeat("\xff", 300))
	return keys
}

func sorted(rows []pair) []pair {
	slices.SortFunc(rows, func(a, b pair) int { return cmp.Compare(a.key, b.key) })
	return rows
}

// testKeyOrder: any bytes are a key, and scans yield them in the order of bytes.Compare.
func testKeyOrder(f *fixture) {
	keys := awkwardKeys()
	rand.New(rand.NewPCG(5, 5)).Shuffle(len(keys), func(i, j int) {
		keys[i], keys[j] = keys[j], keys[i]
	})
	var want []pair
	for i, key := range keys {
		value := fmt.Appendf(nil, "%d", i)
		f.commit(put(f.bytes, key, value, event("all", i)))
		want = append(want, pair{key, value})
	}
	f.wantRows(f.store.Latest(), f.bytes, nil, nil, sorted(slices.Clone(want)))
	for i, w := range want {
		f.wantValue(f.store.Latest(), f.bytes, w.key, w.value)
		f.wantHistory(f.store.Latest(), f.bytes, w.key, event("all", i))
	}
	for i := range want {
		f.commit(remove(f.bytes, want[i].key))
		if i%8 == 0 {
			f.wantRows(f.store.Latest(), f.bytes, nil, nil, sorted(slices.Clone(want[i+1:])))
		}
	}
	f.wantRows(f.store.Latest(), f.bytes, nil, nil, nil)
}

// testRanges: a range includes its from and excludes its to, whether rows are there or not.
func testRanges(f *fixture) {
	var rows []pair
	var batch []brook.Write
	for i, key := range awkwardKeys() {
		rows = append(rows, pair{key, []byte{byte(i)}})
		batch = append(batch, put(f.bytes, key, []byte{byte(i)}))
	}
	for i := range 1500 {
		key := fmt.Sprintf("many/%04d", i)
		rows = append(rows, pair{key, []byte(key)})
		batch = append(batch, put(f.bytes, key, []byte(key)))
	}
	f.commit(batch...)
	sorted(rows)
	within := func(from, to []byte) (in []pair) {
		for _, r := range rows {
			if r.key >= string(from) && (to == nil || r.key < string(to)) {
				in = append(in, r)
			}
		}
		return in
	}
	bounds := []string{"many/", "many0", "many/0500", "many/0500x", "many/1499", "pre", "z",
		"\xff\xff\xff\xff"}
	bounds = append(bounds, awkwardKeys()...)
	for _, from := range bounds {
		f.wantRows(f.store.Latest(), f.bytes, []byte(from), nil, within([]byte(from), nil))
		f.wantRows(f.store.Latest(), f.bytes, nil, []byte(from), within(nil, []byte(from)))
	}
	r := rand.New(rand.NewPCG(6, 6))
	for range 200 {
		from, to := []byte(bounds[r.IntN(len(bounds))]), []byte(bounds[r.IntN(len(bounds))])
		f.wantRows(f.store.Latest(), f.bytes, from, to, within(from, to))
	}
}

// testScanStopped: a scan may be left early, begun again, and begun inside another.
func testScanStopped(f *fixture) {
	var batch []brook.Write
	for i := range 300 {
		batch = append(batch, put(f.bytes, fmt.Sprintf("%03d", i), []byte{byte(i)}, event("all", 1),
			event("all", 2)))
	}
	f.commit(batch...)
	scan := f.store.Latest().Scan(f.ctx, f.bytes, nil, nil)
	for range 2 {
		n := 0
		for row, err := range scan {
			if err != nil {
				f.Fatalf("Scan: %v", err)
			}
			key := string(row.Key)
			for inner, err := range scan {
				if err != nil || string(inner.Key) != "000" {
					f.Fatalf("a scan in a scan: %q, %v", inner.Key, err)
				}
				break
			}
			if string(row.Key) != key || key != fmt.Sprintf("%03d", n) {
				f.Fatalf("row %d has key %q, then %q", n, key, row.Key)
			}
			if n++; n == 150 {
				break
			}
		}
	}
	for e, err := range f.store.Latest().History(f.ctx, f.bytes, []byte("000")) {
		if err != nil || e.ID != "all-1" {
			f.Fatalf("History: %v, %v", e, err)
		}
		break
	}
}

// testScanWhileCommitting: commits in the middle of a scan neither hurt it nor show in it.
func testScanWhileCommitting(f *fixture) {
	const rows = 500
	var want []pair
	var batch []brook.Write
	for i := range rows {
		key := fmt.Sprintf("%03d", i)
		want = append(want, pair{key, newDoc(i)})
		batch = append(batch, put(f.docs, key, newDoc(i)))
	}
	f.commit(batch...)
	r := rand.New(rand.NewPCG(7, 7))
	n := 0
	last := ""
	for row, err := range f.store.Latest().Scan(f.ctx, f.docs, nil, nil) {
		if err != nil {
			f.Fatalf("Scan: %v", err)
		}
		if f.suite.remote {
			if key := string(row.Key); key <= last {
				f.Fatalf("key %q comes after %q", key, last)
			}
			last = string(row.Key)
		} else if n >= rows || string(row.Key) != want[n].key ||
			!sameValue(row.Value.Data, want[n].value) {
			f.Fatalf("row %d is %q %s", n, row.Key, show(row.Value.Data))
		}
		n++
		if n%10 == 0 { // a change, a removal and a new row, before and behind
			k := fmt.Sprintf("%03d", r.IntN(rows))
			f.commit(put(f.docs, k, newDoc(-1)), remove(f.docs, fmt.Sprintf("%03d", r.IntN(rows))),
				put(f.docs, k+"+", newDoc(-2)))
		}
	}
	if !f.suite.remote && n != rows {
		f.Errorf("%d rows, want %d", n, rows)
	}
}
