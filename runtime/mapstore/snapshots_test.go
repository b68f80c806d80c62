package mapstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/storetest"
)

// logged returns an option by which a store logs to a text.
func logged() (mapstore.Option, *bytes.Buffer) {
	var out bytes.Buffer
	return mapstore.Log(slog.New(slog.NewTextHandler(&out, nil))), &out
}

// quietly has nothing logged below warnings.
func quietly(t testing.TB) mapstore.Option {
	return mapstore.Log(slog.New(slog.NewTextHandler(t.Output(),
		&slog.HandlerOptions{Level: slog.LevelWarn})))
}

func closed(t testing.TB, s *mapstore.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// A store that is made of a snapshot has all that the one before had, and goes on as that would.
func TestStoreOfSnapshot(t *testing.T) {
	storetest.RunReopen(t, func(t *testing.T) (brook.Store, func() brook.Store) {
		path := filepath.Join(t.TempDir(), "views")
		s := mapstore.New(mapstore.Snapshots(path, 0), quietly(t))
		return s, func() brook.Store {
			closed(t, s)
			_, err := os.Stat(path)
			s = mapstore.New(mapstore.Snapshots(path, 0), quietly(t))
			if s.Restoration() == "" && err == nil {
				t.Error("the snapshot was not read")
			}
			return s
		}
	})
}

// It is held to all that a store is held to.
func TestStoreWithSnapshots(t *testing.T) {
	storetest.Run(t, func(t *testing.T) brook.Store {
		s := mapstore.New(mapstore.Snapshots(filepath.Join(t.TempDir(), "views"), 1), quietly(t))
		t.Cleanup(func() { closed(t, s) })
		return s
	})
}

// put commits rows of bytes, each with an entry in its history.
func put(t testing.TB, s *mapstore.Store, keys ...string) {
	t.Helper()
	table, err := s.Table(t.Context(), brook.TableSpec{Name: "rows"})
	if err != nil {
		t.Fatal(err)
	}
	var b brook.Batch
	for _, k := range keys {
		b.Writes = append(b.Writes, brook.Write{Table: table, Key: []byte(k),
			Value: []byte("value of " + k), History: []*brook.HistoryEntry{{ID: k, Type: "t"}}})
	}
	if err := s.Commit(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
}

// has returns the keys of rows.
func has(t testing.TB, s *mapstore.Store) string {
	t.Helper()
	table, err := s.Table(t.Context(), brook.TableSpec{Name: "rows"})
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for row, err := range s.Latest().Scan(t.Context(), table, nil, nil) {
		if err != nil {
			t.Fatal(err)
		}
		if want := "value of " + string(row.Key); string(row.Value.Data.([]byte)) != want {
			t.Errorf("row %q is %q", row.Key, row.Value.Data)
		}
		keys = append(keys, string(row.Key))
	}
	return strings.Join(keys, " ")
}

// A snapshot is written a while after a commit, and once for several; without one it is left alone.
// Close writes the last one, and nothing writes afterwards.
func TestSnapshotsInTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "views")
	synctest.Test(t, func(t *testing.T) {
		s := mapstore.New(mapstore.Snapshots(path, time.Minute), quietly(t))
		saved := func() string {
			synctest.Wait()
			return has(t, mapstore.New(mapstore.Snapshots(path, 0), quietly(t)))
		}
		put(t, s, "a")
		time.Sleep(time.Minute - 1)
		put(t, s, "b")
		if got := saved(); got != "" {
			t.Errorf("before it is time: %q", got)
		}
		time.Sleep(time.Nanosecond)
		if got := saved(); got != "a b" {
			t.Errorf("when it is time: %q", got)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if got := saved(); got != "" {
			t.Errorf("nothing was committed, and %q is written", got)
		}
		put(t, s, "c")
		closed(t, s)
		if got := saved(); got != "a b c" {
			t.Errorf("after Close: %q", got)
		}
		put(t, s, "d")
		time.Sleep(time.Hour)
		closed(t, s)
		if got := saved(); got != "a b c" {
			t.Errorf("after what was committed when the store was closed: %q", got)
		}
	})
}

// Each store that reads a snapshot has an ID of its own; one that begins empty has none.
func TestRestoration(t *testing.T) {
	path := filepath.Join(t.TempDir(), "views")
	s := mapstore.New(mapstore.Snapshots(path, 0), quietly(t))
	put(t, s, "a")
	closed(t, s)
	a := mapstore.New(mapstore.Snapshots(path, 0), quietly(t))
	b := mapstore.New(mapstore.Snapshots(path, 0), quietly(t))
	if s.Restoration() != "" || mapstore.New().Restoration() != "" {
		t.Error("a store that was empty has the ID of a restoration")
	}
	if a.Restoration() == "" || a.Restoration() == b.Restoration() {
		t.Errorf("IDs %q and %q", a.Restoration(), b.Restoration())
	}
	if s.Durable() || a.Durable() {
		t.Error("a store with snapshots is said to be durable")
	}
}

// A file that is none, or no longer whole, is a warning, and the store begins empty. The next
// snapshot takes its place.
func TestSnapshotDamaged(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "views")
	s := mapstore.New(mapstore.Snapshots(path, 0), quietly(t))
	var keys []string
	for i := range 2000 {
		keys = append(keys, fmt.Sprintf("%0200d", i))
	}
	put(t, s, keys...)
	closed(t, s)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Clone(whole)
	changed[len(changed)/2]++
	later := bytes.Clone(whole)
	later[len("brook mapstore snapshot\n")+3]++
	for name, data := range map[string][]byte{
		"cut off": whole[:len(whole)*2/3], "changed": changed, "empty": {}, "other": []byte("{}"),
		"later": later,
	} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		log, out := logged()
		s := mapstore.New(mapstore.Snapshots(path, 0), log)
		if got := has(t, s); got != "" || s.Restoration() != "" {
			t.Errorf("%s: the store has rows of %d bytes, and the restoration %q", name, len(got),
				s.Restoration())
		}
		if !strings.Contains(out.String(), "level=WARN") || !strings.Contains(out.String(), path) {
			t.Errorf("%s: logged %q", name, out)
		}
		put(t, s, name)
		closed(t, s)
		if got := has(t, mapstore.New(mapstore.Snapshots(path, 0), quietly(t))); got != name {
			t.Errorf("%s: the next snapshot has %q", name, got)
		}
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*.part")); err != nil || len(left) > 0 {
		t.Errorf("%q are left, %v", left, err)
	}
}

// If a file can't be written, the one before stays, whole, and that is logged.
func TestSnapshotNotWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "views")
	synctest.Test(t, func(t *testing.T) {
		log, out := logged()
		s := mapstore.New(mapstore.Snapshots(path, time.Minute), log)
		put(t, s, "a")
		time.Sleep(time.Minute)
		synctest.Wait()
		table, err := s.Table(t.Context(), brook.TableSpec{Name: "odd"})
		if err != nil {
			t.Fatal(err)
		}
		odd := brook.Write{Table: table, Key: []byte("k"), Value: t} // no codec takes it
		if err := s.Commit(t.Context(), &brook.Batch{Writes: []brook.Write{odd}}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if !strings.Contains(out.String(), "level=WARN") || !strings.Contains(out.String(), "odd") {
			t.Errorf("logged %q", out)
		}
		if err := s.Close(); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("Close: %v", err)
		}
		if got := has(t, mapstore.New(mapstore.Snapshots(path, 0), quietly(t))); got != "a" {
			t.Errorf("the file has %q", got)
		}
	})
	s := mapstore.New(mapstore.Snapshots(filepath.Join(path, "below a file"), 0), quietly(t))
	put(t, s, "a")
	if err := s.Close(); err == nil {
		t.Error("a file was written below a file")
	}
}

// A value of a snapshot that the codec can't read is an error of that row alone.
func TestSnapshotUnreadable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "views")
	s := mapstore.New(mapstore.Snapshots(path, 0), quietly(t))
	put(t, s, "good", "bad")
	closed(t, s)
	s = mapstore.New(mapstore.Snapshots(path, 0), quietly(t))
	table, err := s.Table(t.Context(), brook.TableSpec{Name: "rows", Codec: fussy{}})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if v, err := s.Latest().Get(t.Context(), table, []byte("good")); err != nil ||
			v.Data != "value of good" || !v.Shared {
			t.Errorf("a good row: %+v, %v", v, err)
		}
		if _, err := s.Latest().Get(t.Context(), table, []byte("bad")); !errors.Is(err, errFussy) {
			t.Errorf("a bad row: %v", err)
		}
	}
	// What nobody could read is in the next snapshot as it was.
	put(t, s, "new")
	closed(t, s)
	if got := has(t, mapstore.New(mapstore.Snapshots(path, 0), quietly(t))); got != "bad good new" {
		t.Errorf("the next snapshot has %q", got)
	}
}

var errFussy = errors.New("it is bad")

// fussy decodes texts, except bad ones.
type fussy struct{}

func (fussy) Append(dst []byte, value any) ([]byte, error) {
	return append(dst, value.(string)...), nil
}

func (fussy) Decode(data []byte) (any, error) {
	if strings.HasSuffix(string(data), "bad") {
		return nil, errFussy
	}
	return string(data), nil
}

// A snapshot is of one instant, whatever is committed and dropped while it is written.
func TestSnapshotOfOneInstant(t *testing.T) {
	path := filepath.Join(t.TempDir(), "views")
	s := mapstore.New(mapstore.Snapshots(path, time.Nanosecond), quietly(t))
	ctx, stop := context.WithCancel(t.Context())
	var work sync.WaitGroup
	a, err := s.Table(ctx, brook.TableSpec{Name: "a"})
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.Table(ctx, brook.TableSpec{Name: "b"})
	if err != nil {
		t.Fatal(err)
	}
	work.Go(func() {
		for n := 0; ctx.Err() == nil; n++ {
			var batch brook.Batch
			for i := range 100 {
				for _, table := range []brook.Table{a, b} {
					batch.Writes = append(batch.Writes, brook.Write{Table: table,
						Key: fmt.Appendf(nil, "%04d", (n+i)%150), Value: fmt.Append(nil, n)})
				}
			}
			if err := s.Commit(t.Context(), &batch); err != nil {
				t.Error(err)
			}
			if n%50 == 49 {
				if err := errors.Join(s.Drop(t.Context(), a), s.Drop(t.Context(), b)); err != nil {
					t.Error(err)
				}
			}
		}
	})
	for read := 0; read < 20; {
		copied := mapstore.New(mapstore.Snapshots(path, 0), quietly(t))
		if copied.Restoration() == "" {
			continue
		}
		read++
		if x, y := rowsOf(t, copied, "a"), rowsOf(t, copied, "b"); x != y &&
			x != "" && y != "" { // a table may be dropped, and the other one not yet
			t.Fatalf("tables that are written together:\n%s\n%s", x, y)
		}
	}
	stop()
	work.Wait()
	closed(t, s)
}

func rowsOf(t *testing.T, s *mapstore.Store, name string) string {
	t.Helper()
	table, err := s.Table(t.Context(), brook.TableSpec{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for row, err := range s.Latest().Scan(t.Context(), table, nil, nil) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%s=%s", row.Key, row.Value.Data))
	}
	return strings.Join(all, " ")
}
