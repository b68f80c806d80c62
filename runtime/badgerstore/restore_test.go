package badgerstore

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/stored"
)

// testHostile restores a backup of a store's layout and one hostile entry.
func testHostile(t *testing.T, key, value []byte, meta byte) {
	t.Helper()
	var out bytes.Buffer
	w, err := newBackupWriter(&out, 3)
	if err != nil {
		t.Fatal(err)
	}
	layout := appendPrefix(nil, 0, kindLayout)
	add := func(key []byte, meta byte, value []byte) {
		if err := w.add(key, meta, value); err != nil {
			t.Fatal(err)
		}
	}
	if bytes.Compare(key, layout) < 0 {
		add(key, meta, value)
	}
	if !bytes.Equal(key, layout) {
		add(layout, 0, fmt.Append(nil, layoutVersion))
	}
	if bytes.Compare(key, layout) >= 0 {
		add(key, meta, value)
	}
	if err := w.End(); err != nil {
		t.Fatal(err)
	}
	parent := t.TempDir()
	dir := filepath.Join(parent, "store")
	quiet := Log(slog.New(slog.DiscardHandler))
	if err := Restore(t.Context(), &out, dir, Memory(1), quiet); err != nil {
		if !errors.Is(err, ErrBackup) {
			t.Errorf("key %q: %v, want ErrBackup", key, err)
		}
		if left, err := os.ReadDir(parent); err != nil || len(left) > 0 {
			t.Errorf("key %q: %v is left, %v", key, left, err)
		}
		return
	}
	s := openTest(t, dir)
	for _, name := range s.Tables() {
		table, err := s.Table(t.Context(), brook.TableSpec{Name: name})
		if err != nil {
			continue // no store writes such a name
		}
		for range s.Latest().Scan(t.Context(), table, nil, nil) {
		}
	}
	commitTo(t, s, brook.Write{Table: tableOf(t, s, nil), Key: []byte("k"), Value: []byte("v")})
}

// Traces of commits are those that checkRing wants, with fewer commits than slots and with more.
func TestRestoredRing(t *testing.T) {
	for _, commits := range []uint64{1, 5, 50, 51, 120} {
		s := openTest(t, t.TempDir())
		to := &restorer{Store: s, batch: s.db.NewManagedWriteBatch(), commit: commits}
		s.slots = 50
		if err := to.ring(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := to.batch.Flush(); err != nil {
			t.Fatal(err)
		}
		in := s.db.NewTransactionAt(commits, false)
		for _, crashed := range []bool{true, false} {
			if err := s.checkRing(in, commits, crashed); err != nil {
				t.Errorf("after %d commits: %v", commits, err)
			}
		}
		in.Discard()
	}
}

// What a backup of other bytes claims is refused before anything is written.
func TestBackupHead(t *testing.T) {
	for _, head := range [][]byte{nil, {1}, make([]byte, 8), bytes.Repeat([]byte{255}, 8)} {
		var out bytes.Buffer
		a, err := stored.NewArchiveWriter(&out, backupMagic, backupVersion)
		if err == nil && head != nil {
			err = a.Add(head)
		}
		if err = errors.Join(err, a.End()); err != nil {
			t.Fatal(err)
		}
		if _, err := newBackupReader(&out); !errors.Is(err, ErrBackup) {
			t.Errorf("a head of % x: %v", head, err)
		}
	}
	var out bytes.Buffer
	if _, err := stored.NewArchiveWriter(&out, backupMagic, backupVersion+1); err != nil {
		t.Fatal(err)
	}
	if _, err := newBackupReader(&out); !errors.Is(err, ErrLayout) {
		t.Errorf("a later version: %v", err)
	}
}

// Entries of whatever bytes, in a backup whose checksums fit, become a store that opens, or nothing.
func FuzzRestore(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x01r"), []byte("value"), byte(0))
	f.Add([]byte("\x00\x00\x00\x00tname"), []byte("\x00\x00\x00\x05\x00"), byte(0))
	f.Add([]byte("\x00\x00\x00\x00tname"), []byte("short"), byte(0))
	f.Add([]byte("\x00\x00\x00\x00ytype"), []byte("\xff\xff\xff\xff"), byte(0))
	f.Add([]byte("\x00\x00\x00\x00pwrong"), []byte("wrong"), byte(metaPieces))
	f.Add([]byte("\x00\x00\x00\x00x"), []byte("an ID"), byte(0))
	f.Add([]byte("\x00\x00\x00\x00c\x00\x00\x00\x01"), []byte(nil), byte(0))
	f.Add([]byte("\x00\x00\x00\x00v"), []byte("2"), byte(0))
	f.Add([]byte("!badger!head"), []byte("x"), byte(0))
	f.Add([]byte{0}, []byte{}, byte(0))
	f.Fuzz(func(t *testing.T, key, value []byte, meta byte) {
		if len(key) > 0 && len(key)+len(value) < 1<<20 {
			testHostile(t, key, value, meta)
		}
	})
}
