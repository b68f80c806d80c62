package storetest

import (
	"fmt"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
)

// testHistoryKept: entries come back whole, in the order of their appending,
// whatever the value does.
func testHistoryKept(f *fixture) {
	bare := &brook.HistoryEntry{Type: "bare"}
	f.commit(put(f.bytes, "k", []byte("1"), event("b", 9), bare, event("a", 5)))
	f.commit(put(f.bytes, "k", []byte("2")))
	f.commit(put(f.bytes, "k", []byte("3"), event("b", 1)),
		put(f.bytes, "other", []byte("x"), event("c", 1)))
	f.wantHistory(f.store.Latest(), f.bytes, "k", event("b", 9), bare, event("a", 5), event("b", 1))
	f.wantHistory(f.store.Latest(), f.bytes, "other", event("c", 1))
	snap := f.snapshot()
	defer f.close(snap)
	f.wantHistory(snap, f.bytes, "k", event("b", 9), bare, event("a", 5), event("b", 1))
}

// testHistoryTrimmed: of a limited type the newest stay, in their places among the others.
func testHistoryTrimmed(f *fixture) {
	f.commit(put(f.docs, "k", newDoc(1),
		slices.Concat(events("two", 0, 2), events("all", 0, 2), events("none", 0, 3),
			events("one", 0, 1))...))
	f.wantHistory(f.store.Latest(), f.docs, "k", event("two", 0), event("two", 1), event("all", 0),
		event("all", 1), event("one", 0))
	f.commit(put(f.docs, "k", newDoc(1), event("two", 2), event("all", 2)))
	f.wantHistory(f.store.Latest(), f.docs, "k", event("two", 1), event("all", 0), event("all", 1),
		event("one", 0), event("two", 2), event("all", 2))
	f.commit(put(f.docs, "k", newDoc(1), events("one", 1, 9)...))
	f.wantHistory(f.store.Latest(), f.docs, "k", event("two", 1), event("all", 0), event("all", 1),
		event("two", 2), event("all", 2), event("one", 8))

	f.commit(put(f.docs, "only none", newDoc(1), event("none", 1)))
	f.wantHistory(f.store.Latest(), f.docs, "only none")
	f.wantValue(f.store.Latest(), f.docs, "only none", newDoc(1))
}

// testHistoryCleared: Clear takes what was before the commit, not what comes with it.
func testHistoryCleared(f *fixture) {
	f.commit(put(f.docs, "k", newDoc(1), events("all", 0, 3)...),
		put(f.docs, "other", newDoc(1), event("all", 0)))
	f.commit(brook.Write{Table: f.docs, Key: []byte("k"), Value: newDoc(2), Clear: true,
		History: events("all", 3, 5)})
	f.wantValue(f.store.Latest(), f.docs, "k", newDoc(2))
	f.wantHistory(f.store.Latest(), f.docs, "k", event("all", 3), event("all", 4))
	f.commit(put(f.docs, "k", newDoc(3), event("two", 1), event("all", 5)))
	f.wantHistory(f.store.Latest(), f.docs, "k", event("all", 3), event("all", 4), event("two", 1),
		event("all", 5))
	f.commit(brook.Write{Table: f.docs, Key: []byte("k"), Value: newDoc(4), Clear: true})
	f.wantHistory(f.store.Latest(), f.docs, "k")
	f.wantValue(f.store.Latest(), f.docs, "k", newDoc(4))
	f.commit(put(f.docs, "k", newDoc(5), event("two", 7)))
	f.wantHistory(f.store.Latest(), f.docs, "k", event("two", 7))
	f.wantHistory(f.store.Latest(), f.docs, "other", event("all", 0))

	f.commit(brook.Write{Table: f.docs, Key: []byte("k"), Op: brook.Remove, Clear: true})
	f.wantHistory(f.store.Latest(), f.docs, "k")
	f.commit(brook.Write{Table: f.docs, Key: []byte("new"), Value: newDoc(1), Clear: true,
		History: events("all", 1, 2)})
	f.wantHistory(f.store.Latest(), f.docs, "new", event("all", 1))
}

// testHistoryKeepChanged: another Keep concerns what is appended from then on.
func testHistoryKeepChanged(f *fixture) {
	f.commit(put(f.docs, "k", newDoc(1), events("two", 0, 5)...),
		put(f.docs, "still", newDoc(1), events("all", 0, 5)...))
	const slow = 12 // rows with 1, 2, 3… events, each of a commit of its own
	for n := range slow {
		for i := range n + 1 {
			f.commit(put(f.docs, fmt.Sprint("slow ", n), newDoc(i), event("two", i)))
		}
	}
	f.openTables(map[string]int{"two": 4, "all": 1})
	f.wantHistory(f.store.Latest(), f.docs, "k", events("two", 3, 5)...)
	f.wantHistory(f.store.Latest(), f.docs, "still", events("all", 0, 5)...)
	f.commit(put(f.docs, "k", newDoc(1), event("two", 5)), put(f.docs, "still", newDoc(1)))
	// what was trimmed does not come back
	f.wantHistory(f.store.Latest(), f.docs, "k", events("two", 3, 6)...)
	f.wantHistory(f.store.Latest(), f.docs, "still", events("all", 0, 5)...)
	f.commit(put(f.docs, "still", newDoc(1), event("all", 5)))
	f.wantHistory(f.store.Latest(), f.docs, "still", event("all", 5))
	for n := range slow {
		key := fmt.Sprint("slow ", n)
		f.wantHistory(f.store.Latest(), f.docs, key, events("two", max(n-1, 0), n+1)...)
		f.commit(put(f.docs, key, newDoc(1), event("two", n+1)))
		f.wantHistory(f.store.Latest(), f.docs, key, events("two", max(n-1, 0), n+2)...)
	}
	f.commit(put(f.docs, "k", newDoc(1), events("two", 6, 9)...))
	f.wantHistory(f.store.Latest(), f.docs, "k", events("two", 5, 9)...)
}

// testHistoryLong: histories are right at every length, and what an instant saw stays.
func testHistoryLong(f *fixture) {
	var all, many []*brook.HistoryEntry
	seen := map[int]brook.Snapshot{}
	for n := range 130 {
		all, many = append(all, event("all", n)), append(many, event("many", n))
		f.commit(put(f.docs, "k", newDoc(n), event("all", n), event("many", n)))
		if n%13 == 0 {
			seen[n+1] = f.snapshot()
		}
		f.wantHistory(f.store.Latest(), f.docs, "k", mixed(all, many)...)
	}
	for n, snap := range seen {
		f.wantHistory(snap, f.docs, "k", mixed(all[:n], many[:n])...)
		f.close(snap)
	}
	f.commit(put(f.bytes, "two thousand", []byte{}, events("all", 0, 2000)...))
	f.commit(put(f.bytes, "two thousand", []byte{}, event("all", 2000)))
	f.wantHistory(f.store.Latest(), f.bytes, "two thousand", events("all", 0, 2001)...)
}

// mixed puts one of all before each one of many, of which but the newest 40 are kept.
func mixed(all, many []*brook.HistoryEntry) (h []*brook.HistoryEntry) {
	for i := range all {
		if h = append(h, all[i]); i >= len(many)-40 {
			h = append(h, many[i])
		}
	}
	return h
}
