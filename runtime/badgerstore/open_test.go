package badgerstore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/dgraph-io/badger/v4"
)

func wantError(t *testing.T, err, want error, texts ...string) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error %v, want %v", err, want)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error %q does not say %q", err, text)
		}
	}
}

func bytesTable(t testing.TB, s brook.Store, name string) brook.Table {
	t.Helper()
	table, err := s.Table(t.Context(), brook.TableSpec{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func put(t testing.TB, s brook.Store, table brook.Table, key string, value []byte,
	history ...*brook.HistoryEntry) {
	t.Helper()
	commit(t, s, brook.Write{Table: table, Key: []byte(key), Value: value, History: history})
}

func commit(t testing.TB, s brook.Store, writes ...brook.Write) {
	t.Helper()
	if err := s.Commit(t.Context(), &brook.Batch{Writes: writes}); err != nil {
		t.Fatal(err)
	}
}

func TestLocked(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	_, err := badgerstore.Open(dir)
	wantError(t, err, badgerstore.ErrLocked, dir, "this process")
	if err := os.WriteFile(filepath.Join(dir, "LOCK"), []byte("12345\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = badgerstore.Open(dir, badgerstore.ReadOnly())
	wantError(t, err, badgerstore.ErrLocked, "process 12345")
	closed(t, s)
	closed(t, open(t, dir))
}

func TestLayout(t *testing.T) {
	dir := t.TempDir()
	closed(t, open(t, dir))
	db := openBadger(t, dir)
	txn := db.NewTransactionAt(10, true)
	if err := txn.Set([]byte{0, 0, 0, 0, 'v'}, []byte("7")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(txn.CommitAt(2, nil), db.Close()); err != nil {
		t.Fatal(err)
	}
	_, err := badgerstore.Open(dir, quiet(t))
	wantError(t, err, badgerstore.ErrLayout, "layout 7", "up to 1")

	dir = t.TempDir()
	db = openBadger(t, dir)
	txn = db.NewTransactionAt(10, true)
	if err := txn.Set([]byte("other"), []byte("people's")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(txn.CommitAt(2, nil), db.Close()); err != nil {
		t.Fatal(err)
	}
	_, err = badgerstore.Open(dir, quiet(t))
	wantError(t, err, badgerstore.ErrLayout, "no store of this package")
}

func openBadger(t *testing.T, dir string) *badger.DB {
	t.Helper()
	db, err := badger.OpenManaged(badger.DefaultOptions(dir).WithLogger(nil))
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// A store that is closed can be looked at by many, and not be written.
func TestReadOnly(t *testing.T) {
	dir := t.TempDir()
	_, err := badgerstore.Open(filepath.Join(dir, "nowhere"), badgerstore.ReadOnly(), quiet(t))
	if err == nil {
		t.Error("a store was opened read-only that is not there")
	}
	s := open(t, dir)
	put(t, s, bytesTable(t, s, "a/1/rows"), "k", []byte("v"))
	put(t, s, bytesTable(t, s, "a/state"), "k", []byte("v"))
	closed(t, s)
	for range 2 {
		s := open(t, dir, badgerstore.ReadOnly())
		if got := s.Tables(); !slices.Equal(got, []string{"a/1/rows", "a/state"}) {
			t.Errorf("tables %q", got)
		}
		table := bytesTable(t, s, "a/1/rows")
		if v, err := s.Latest().Get(t.Context(), table, []byte("k")); err != nil ||
			string(v.Data.([]byte)) != "v" {
			t.Errorf("Get: %v, %v", v, err)
		}
		wantError(t, s.Commit(t.Context(), &brook.Batch{}), badgerstore.ErrReadOnly)
		wantError(t, s.Drop(t.Context(), table), badgerstore.ErrReadOnly)
	}
}

func TestClosed(t *testing.T) {
	s := open(t, "", badgerstore.InMemory())
	table := bytesTable(t, s, "t")
	put(t, s, table, "k", nil)
	snap, err := s.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := snap.Close(); err != nil {
		t.Fatal(err)
	}
	if err := snap.Close(); err == nil {
		t.Error("a snapshot was closed twice")
	}
	if _, err := snap.Get(t.Context(), table, []byte("k")); err == nil {
		t.Error("a closed snapshot reads")
	}
	if s.Durable() {
		t.Error("a store in memory is durable")
	}
	closed(t, s)
	closed(t, s)
	_, err = s.Latest().Get(t.Context(), table, []byte("k"))
	wantError(t, err, badgerstore.ErrClosed)
	_, err = s.Snapshot(t.Context())
	wantError(t, err, badgerstore.ErrClosed)
	wantError(t,
		s.Commit(t.Context(), &brook.Batch{Writes: []brook.Write{{Table: table, Value: []byte{}}}}),
		badgerstore.ErrClosed)
	for _, err := range s.Latest().Scan(t.Context(), table, nil, nil) {
		wantError(t, err, badgerstore.ErrClosed)
	}
}

// What was written with much memory is opened with little, also after a crash.
func TestLessMemory(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, badgerstore.NoSync(), badgerstore.Memory(512<<20))
	if !s.Durable() {
		t.Error("a store on disk is not durable")
	}
	table := bytesTable(t, s, "t")
	var batch brook.Batch
	for i := range 120_000 { // more than a small memtable holds
		batch.Writes = append(batch.Writes,
			brook.Write{Table: table, Key: fmt.Appendf(nil, "%06d", i), Value: make([]byte, 60)})
		if len(batch.Writes) == 10_000 {
			if err := s.Commit(t.Context(), &batch); err != nil {
				t.Fatal(err)
			}
			batch.Writes = batch.Writes[:0]
		}
	}
	crashed := filepath.Join(t.TempDir(), "crashed")
	copyOpen(t, dir, crashed)
	closed(t, s)
	for range 2 {
		s = open(t, crashed)
		if n, err := s.Latest().(brook.Counter).Count(context.Background(),
			bytesTable(t, s, "t")); n != 120_000 || err != nil {
			t.Errorf("%d rows, %v", n, err)
		}
		closed(t, s)
	}
}

func TestMistakes(t *testing.T) {
	for _, options := range [][]badgerstore.Option{{},
		{badgerstore.InMemory(), badgerstore.ReadOnly()}} {
		if _, err := badgerstore.Open("", options...); err == nil {
			t.Error("a store without a directory was opened")
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := badgerstore.Open(file, quiet(t)); err == nil {
		t.Error("a file was opened as a store")
	}
	s, other := open(t, "", badgerstore.InMemory()), open(t, "", badgerstore.InMemory())
	table := bytesTable(t, other, "t")
	if err := s.Commit(t.Context(),
		&brook.Batch{Writes: []brook.Write{{Table: table}}}); err == nil {
		t.Error("another store's table was written")
	}
	if err := other.Commit(t.Context(),
		&brook.Batch{Writes: []brook.Write{{Table: table, Value: 3}}}); err == nil {
		t.Error("an int was written without a codec")
	}
	if err := other.Commit(t.Context(),
		&brook.Batch{Writes: []brook.Write{{Table: table, Op: 9}}}); err == nil {
		t.Error("an unknown operation was done")
	}
	if _, err := s.Table(t.Context(), brook.TableSpec{}); err == nil {
		t.Error("a table without a name was made")
	}
	err := other.Commit(t.Context(),
		&brook.Batch{Writes: []brook.Write{{Table: table, Key: make([]byte, 64_972)}}})
	wantError(t, err, brook.ErrTooLarge, "64972", "64971")
	// A key of the greatest length works with all that belongs to it.
	key := strings.Repeat("\x00", 64_971)
	put(t, other, table, key, make([]byte, 300_000),
		&brook.HistoryEntry{Type: "a", Data: make([]byte, 300_000)})
	for e, err := range other.Latest().History(t.Context(), table, []byte(key)) {
		if err != nil || len(e.Data) != 300_000 {
			t.Error(err)
		}
	}
}
