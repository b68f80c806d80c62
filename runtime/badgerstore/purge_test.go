package badgerstore

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

func openTest(t *testing.T, dir string, options ...Option) *Store {
	t.Helper()
	if dir == "" {
		options = append(options, InMemory())
	}
	s, err := Open(dir, append([]Option{Memory(1), NoSync(), Log(slog.New(slog.DiscardHandler))},
		options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func tableOf(t *testing.T, s *Store, keep map[string]int) *handle {
	t.Helper()
	h, err := s.Table(t.Context(), brook.TableSpec{Name: "t", Keep: keep})
	if err != nil {
		t.Fatal(err)
	}
	return h.(*handle)
}

func commitTo(t *testing.T, s *Store, w brook.Write) {
	t.Helper()
	if err := s.Commit(t.Context(), &brook.Batch{Writes: []brook.Write{w}}); err != nil {
		t.Fatal(err)
	}
}

func entriesOf(typ string, n, size int) (all []*brook.HistoryEntry) {
	for i := range n {
		all = append(all, &brook.HistoryEntry{ID: fmt.Sprint(i), Type: typ,
			Data: bytes.Repeat([]byte{'x'}, size)})
	}
	return all
}

// keysLeft counts the keys of a kind of all tables, and of the store's own for table 0.
func keysLeft(s *Store, own bool, kinds string) (n int) {
	in, err := s.enter()
	if err != nil {
		panic(err)
	}
	defer in.leave()
	for _, key := range keysOf(in.txn, 0, 1<<20) {
		if own && bytes.IndexByte([]byte(kinds), key[4]) >= 0 {
			n++
		}
	}
	for number := uint32(1); !own && number < 20; number++ {
		for _, key := range keysOf(in.txn, number, 1<<20) {
			if bytes.IndexByte([]byte(kinds), key[4]) >= 0 {
				n++
			}
		}
	}
	return n
}

func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !f(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

// Long histories that go, are cleared or trimmed leave nothing behind, and neither
// do large entries.
func TestPurge(t *testing.T) {
	s := openTest(t, "")
	all := tableOf(t, s, nil)
	key := []byte("k")
	for range 3 {
		commitTo(t, s, brook.Write{Table: all, Key: key, Value: []byte{1},
			History: entriesOf("a", 3000, 10)})
	}
	commitTo(t, s, brook.Write{Table: all, Key: []byte("large"), Value: make([]byte, pieceSize+1),
		History: entriesOf("a", 2, pieceSize)})
	if n := keysLeft(s, false, "e"); n != 9002 {
		t.Errorf("%d entries", n)
	}
	if n := keysLeft(s, false, "lm"); n != 6 {
		t.Errorf("%d pieces", n)
	}
	snap, err := s.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all = tableOf(t, s, map[string]int{"a": 5000})
	commitTo(t, s, brook.Write{Table: all, Key: key, Value: []byte{1},
		History: entriesOf("a", 1, 10)})
	eventually(t, "trimmed", func() bool {
		return keysLeft(s, false, "e") == 5002 && keysLeft(s, true, "p") == 0
	})
	commitTo(t, s, brook.Write{Table: all, Key: key, Value: []byte{1}, Clear: true,
		History: entriesOf("b", 2, 10)})
	eventually(t, "cleared", func() bool {
		return keysLeft(s, false, "e") == 4 && keysLeft(s, true, "p") == 0
	})
	commitTo(t, s, brook.Write{Table: all, Key: key, Op: brook.Remove})
	commitTo(t, s, brook.Write{Table: all, Key: []byte("large"), Op: brook.Remove})
	if n := keysLeft(s, false, "rlhem"); n != 0 {
		t.Errorf("%d keys are left", n)
	}
	n := 0
	for _, err := range snap.History(t.Context(), all, key) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if v, err := snap.Get(t.Context(), all, []byte("large")); err != nil ||
		len(v.Data.([]byte)) != pieceSize+1 || n != 9000 {
		t.Errorf("the snapshot has %d entries and %v", n, err)
	}
	if err := snap.Close(); err != nil {
		t.Fatal(err)
	}
}

// A dropped table is empty at once, while others are written; what it held goes, if need be
// after the next open.
func TestDropInBackground(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, dir)
	rows := tableOf(t, s, nil)
	for i := range 5 {
		b := &brook.Batch{}
		for j := range 1000 {
			b.Writes = append(b.Writes,
				brook.Write{Table: rows, Key: fmt.Append(nil, i, " ", j), Value: []byte("v"),
					History: entriesOf("a", 1, 1)})
		}
		if err := s.Commit(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Drop(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Latest().(brook.Counter).Count(t.Context(), rows); n != 0 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	commitTo(t, s, brook.Write{Table: rows, Key: []byte("new"), Value: []byte("v"),
		History: entriesOf("a", 1, 1)})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openTest(t, dir)
	rows = tableOf(t, s, nil)
	eventually(t, "deleted", func() bool { return keysLeft(s, true, "d") == 0 })
	if n := keysLeft(s, false, "rhe"); n != 3 {
		t.Errorf("%d keys, want those of one row", n)
	}
	for e, err := range s.Latest().History(context.Background(), rows, []byte("new")) {
		if err != nil || e.ID != "0" {
			t.Error(e, err)
		}
	}
}
