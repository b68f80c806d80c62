package storetest

import (
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
)

// testTables: a table asked for twice is the same one, whichever handle is used.
func testTables(f *fixture) {
	f.commit(put(f.docs, "k", newDoc(1), event("all", 1)))
	again := f.table(brook.TableSpec{Name: "docs", Codec: docCodec{}, Keep: keepOfDocs})
	f.wantValue(f.store.Latest(), again, "k", newDoc(1))
	f.wantHistory(f.store.Latest(), again, "k", event("all", 1))
	f.commit(put(again, "k", newDoc(2), event("all", 2)))
	f.wantValue(f.store.Latest(), f.docs, "k", newDoc(2))
	f.wantHistory(f.store.Latest(), f.docs, "k", event("all", 1), event("all", 2))

	snap := f.snapshot()
	late := f.table(brook.TableSpec{Name: "late"})
	f.commit(put(late, "k", []byte("v")))
	f.wantValue(snap, late, "k", nil)
	f.wantRows(snap, late, nil, nil, nil)
	f.wantHistory(snap, late, "k")
	f.close(snap)
	f.wantValue(f.store.Latest(), late, "k", []byte("v"))
}

// testHandlesApart: handles of one table have the same rows, and each uses the codec and the limits
// that it was asked for with: two apps, or two versions of one, may have the table.
func testHandlesApart(f *fixture) {
	one := f.table(brook.TableSpec{Name: "both", Codec: docCodec{}, Keep: map[string]int{"two": 2}})
	other := f.table(brook.TableSpec{Name: "both", Codec: brokenCodec{},
		Keep: map[string]int{"two": 5}})
	f.commit(put(one, "k", newDoc(1), events("two", 0, 4)...))
	f.wantValue(f.store.Latest(), one, "k", newDoc(1))
	f.wantRows(f.store.Latest(), one, nil, nil, []pair{{"k", newDoc(1)}})
	f.wantHistory(f.store.Latest(), one, "k", events("two", 2, 4)...)
	f.wantHistory(f.store.Latest(), other, "k", events("two", 2, 4)...)
	f.commit(remove(other, "k"))
	f.wantValue(f.store.Latest(), one, "k", nil)

	third := f.table(brook.TableSpec{Name: "both", Codec: docCodec{},
		Keep: map[string]int{"two": 5}})
	f.commit(put(third, "k", newDoc(2), events("two", 0, 4)...))
	f.wantHistory(f.store.Latest(), one, "k", events("two", 0, 4)...)
	f.commit(put(one, "k", newDoc(3), events("two", 4, 5)...))
	f.wantHistory(f.store.Latest(), third, "k", events("two", 3, 5)...)
	f.wantValue(f.store.Latest(), third, "k", newDoc(3))
}

// brokenCodec is that of an app that can't write: it disturbs nobody else.
type brokenCodec struct{}

func (brokenCodec) Append(dst []byte, _ any) ([]byte, error) { return dst, errBroken }
func (brokenCodec) Decode([]byte) (any, error)               { return nil, errBroken }

var errBroken = errors.New("storetest: the codec of another handle was used")

// testTablesApart: equal keys in several tables are several rows, also where a table's name and key
// together read like another's.
func testTablesApart(f *fixture) {
	names := []string{"t", "ta", "t/a", "t:", "t{}", "T"}
	var tables []brook.Table
	for _, name := range names {
		tables = append(tables, f.table(brook.TableSpec{Name: name}))
	}
	keys := []string{"", "a", "/a", ":", "a\x00", "s1"}
	for i, t := range tables {
		for j, key := range keys {
			f.commit(put(t, key, []byte{byte(i), byte(j)}, event(names[i], j)))
		}
	}
	for i, t := range tables {
		for j, key := range keys {
			f.wantValue(f.store.Latest(), t, key, []byte{byte(i), byte(j)})
			f.wantHistory(f.store.Latest(), t, key, event(names[i], j))
		}
	}
	f.commit(remove(tables[0], "a"))
	f.wantValue(f.store.Latest(), tables[0], "a", nil)
	f.wantValue(f.store.Latest(), tables[1], "a", []byte{1, 1})
	f.wantHistory(f.store.Latest(), tables[1], "a", event("ta", 1))
}

// testNotFound: what is not there is ErrNotFound, an empty scan, an empty history.
func testNotFound(f *fixture) {
	for _, t := range []brook.Table{f.docs, f.bytes} {
		for _, key := range [][]byte{nil, {}, {0}, []byte("x")} {
			if v, err := f.store.Latest().Get(f.ctx, t, key); !errors.Is(err, brook.ErrNotFound) {
				f.Errorf("Get %q of an empty table: %v, %v", key, v.Data, err)
			}
			f.wantHistory(f.store.Latest(), t, string(key))
		}
		f.wantRows(f.store.Latest(), t, nil, nil, nil)
	}
	f.commit(put(f.bytes, "b", []byte("v")))
	for _, key := range []string{"", "a", "b\x00", "bb", "c"} {
		f.wantValue(f.store.Latest(), f.bytes, key, nil)
	}
	f.wantValue(f.store.Latest(), f.docs, "b", nil)
}

// testRemove: a removed row and its history are gone, and removing none is no error.
func testRemove(f *fixture) {
	f.commit()
	f.commit(remove(f.docs, "never there"))
	f.commit(put(f.docs, "a", newDoc(1), event("all", 1)),
		put(f.docs, "b", newDoc(2), event("all", 2)))
	f.commit(remove(f.docs, "a"), remove(f.docs, "other"))
	f.wantValue(f.store.Latest(), f.docs, "a", nil)
	f.wantHistory(f.store.Latest(), f.docs, "a")
	f.wantRows(f.store.Latest(), f.docs, nil, nil, []pair{{"b", newDoc(2)}})
	f.commit(remove(f.docs, "a"))

	f.commit(put(f.docs, "a", newDoc(3), event("all", 3)))
	f.wantValue(f.store.Latest(), f.docs, "a", newDoc(3))
	f.wantHistory(f.store.Latest(), f.docs, "a", event("all", 3))

	w := remove(f.docs, "b")
	w.History = events("all", 4, 6)
	f.commit(w)
	f.wantValue(f.store.Latest(), f.docs, "b", nil)
	f.wantHistory(f.store.Latest(), f.docs, "b")
	f.commit(put(f.docs, "b", newDoc(4)))
	f.wantHistory(f.store.Latest(), f.docs, "b")
}
