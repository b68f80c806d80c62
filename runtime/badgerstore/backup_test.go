package badgerstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/storetest"
)

// restored returns the store of a backup, and its directory.
func restored(t testing.TB, backup io.Reader, options ...badgerstore.Option) (*badgerstore.Store, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "restored")
	err := badgerstore.Restore(t.Context(), backup, dir, quiet(t), small())
	if err != nil {
		t.Fatal(err)
	}
	return open(t, dir, options...), dir
}

func TestBackup(t *testing.T) {
	storetest.RunBackup(t,
		func(t *testing.T) brook.Store { return open(t, t.TempDir(), badgerstore.NoSync()) },
		func(t *testing.T, backup io.Reader) brook.Store {
			s, _ := restored(t, backup, badgerstore.NoSync())
			return s
		})
}

// backupOf returns a backup of a store.
func backupOf(t testing.TB, s brook.Store) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := s.(brook.Backuper).Backup(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// filled returns a store with rows, large values and histories.
func filled(t *testing.T) *badgerstore.Store {
	t.Helper()
	s := open(t, t.TempDir(), badgerstore.NoSync())
	table := bytesTable(t, s, "rows")
	for i := range 40 {
		put(t, s, table, fmt.Sprint(i), bytes.Repeat([]byte{byte(i)}, 1+i*1000),
			&brook.HistoryEntry{ID: fmt.Sprint(i), Type: "t"})
	}
	return s
}

// nothingIn fails if there is something in a directory.
func nothingIn(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		t.Errorf("%s is left", e.Name())
	}
}

// Whatever is wrong with a backup, nothing of it is restored.
func TestRestoreRefuses(t *testing.T) {
	whole := backupOf(t, filled(t))
	changed := bytes.Clone(whole)
	changed[len(changed)/2]++
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name   string
		ctx    context.Context
		backup []byte
		want   error
	}{
		{"cut off", t.Context(), whole[:len(whole)/2], badgerstore.ErrBackup},
		{"cut off before its end", t.Context(), whole[:len(whole)-1], badgerstore.ErrBackup},
		{"empty", t.Context(), nil, badgerstore.ErrBackup},
		{"damaged", t.Context(), changed, badgerstore.ErrBackup},
		{"ended", ended, whole, context.Canceled},
	} {
		t.Run(c.name, func(t *testing.T) {
			parent := t.TempDir()
			err := badgerstore.Restore(c.ctx, bytes.NewReader(c.backup),
				filepath.Join(parent, "store"), quiet(t), small())
			if !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			nothingIn(t, parent)
		})
	}
}

// Restore goes into no directory in which there is something, and into one that is empty or not
// there.
func TestRestoreInto(t *testing.T) {
	backup := backupOf(t, filled(t))
	parent := t.TempDir()
	dir := filepath.Join(parent, "a", "b")
	restore := func(options ...badgerstore.Option) error {
		return badgerstore.Restore(t.Context(), bytes.NewReader(backup), dir,
			append(options, quiet(t), small())...)
	}
	if err := restore(); err != nil {
		t.Fatal(err)
	}
	err := restore()
	if !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), dir) {
		t.Errorf("into a store: %v", err)
	}
	s := open(t, dir)
	if _, err := s.Latest().Get(t.Context(), bytesTable(t, s, "rows"), []byte("39")); err != nil {
		t.Errorf("what was refused changed the store: %v", err)
	}
	if err := restore(); !errors.Is(err, fs.ErrExist) {
		t.Errorf("into a store that is open: %v", err)
	}
	dir = filepath.Join(parent, "empty")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := restore(); err != nil {
		t.Errorf("into an empty directory: %v", err)
	}
	dir = filepath.Join(parent, "file")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := restore(); err == nil {
		t.Error("into a file")
	}
	for _, option := range []badgerstore.Option{badgerstore.ReadOnly(), badgerstore.InMemory()} {
		dir = filepath.Join(parent, "never")
		if err := restore(option); err == nil {
			t.Error("a store that is read-only, or in memory, was restored")
		}
	}
	if leftovers, err := filepath.Glob(filepath.Join(parent, "*restoring*")); err != nil ||
		len(leftovers) > 0 {
		t.Errorf("%q are left, %v", leftovers, err)
	}
}

// A store that is damaged is not backed up as if its rows had never been.
func TestBackupOfDamaged(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, badgerstore.NoSync())
	table := bytesTable(t, s, "rows")
	for i := range 300 {
		put(t, s, table, fmt.Sprintf("%04d", i), bytes.Repeat([]byte{byte(i)}, 10_000))
	}
	closed(t, s)
	files, err := filepath.Glob(filepath.Join(dir, "*.sst"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d tables, %v", len(files), err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		data[len(data)/3+i] ^= 0xff
	}
	if err := os.WriteFile(files[0], data, 0o600); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, badgerstore.Unverified())
	if err := s.Backup(t.Context(), io.Discard); !errors.Is(err, badgerstore.ErrDamaged) {
		t.Errorf("a damaged store: %v", err)
	}
}
