package badgerstore

import (
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
)

// A scan of all rows brings them into memory after Open, and what is read later is right: at
// instants before the scan, at those while rows are written, and when rows do not fit any more.
func TestScansFillMemory(t *testing.T) {
	dir := t.TempDir()
	open := func() (*Store, *handle) {
		s, err := Open(dir, NoSync(), Memory(minMemory), Log(slog.New(slog.DiscardHandler)))
		if err != nil {
			t.Fatal(err)
		}
		table, err := s.Table(t.Context(), brook.TableSpec{Name: "rows"})
		if err != nil {
			t.Fatal(err)
		}
		return s, table.(*handle)
	}
	end := func(s *Store) {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	want := map[string]string{}
	write := func(s *Store, table *handle, n, size int) {
		b := &brook.Batch{}
		keys := map[string]bool{}
		for range n {
			key := fmt.Sprint(rnd.IntN(1000))
			if keys[key] {
				continue
			}
			keys[key] = true
			w := brook.Write{Table: table, Key: []byte(key)}
			if rnd.IntN(3) == 0 {
				w.Op = brook.Remove
				delete(want, key)
			} else {
				value := fmt.Appendf(make([]byte, size), "%d", rnd.IntN(1e6))
				w.Value, want[key] = value, string(value)
			}
			b.Writes = append(b.Writes, w)
		}
		if err := s.Commit(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	check := func(r brook.Reader, table *handle, want map[string]string) {
		t.Helper()
		got, before := map[string]string{}, ""
		for row, err := range r.Scan(t.Context(), table, nil, nil) {
			if err != nil {
				t.Fatal(err)
			}
			if before != "" && string(row.Key) <= before {
				t.Fatalf("%s follows %s", row.Key, before)
			}
			before = string(row.Key)
			got[before] = string(row.Value.Data.([]byte))
		}
		if !maps.Equal(got, want) {
			t.Fatalf("a scan finds %d rows, want %d", len(got), len(want))
		}
		for i := range 1000 {
			key := fmt.Sprint(i)
			v, err := r.Get(t.Context(), table, []byte(key))
			value, there := want[key]
			if there != (err == nil) || there && string(v.Data.([]byte)) != value {
				t.Fatalf("row %s is %q, %v, want %q", key, v.Data, err, value)
			}
		}
		if n, err := r.(brook.Counter).Count(t.Context(), table); err != nil || n != len(want) {
			t.Fatalf("%d rows, %v, want %d", n, err, len(want))
		}
	}
	s, table := open()
	for range 20 {
		write(s, table, 100, 10)
	}
	check(s.Latest(), table, want)
	end(s)
	s, table = open()
	write(s, table, 100, 10)
	early, err := s.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	earlier := maps.Clone(want)
	write(s, table, 100, 10)
	check(s.Latest(), table, want)
	if !table.rows.Load().index.Load().whole {
		t.Error("a scan did not bring all rows into memory")
	}
	check(s.Latest(), table, want)
	check(early, table, earlier)
	for range 10 {
		write(s, table, 100, 10)
		check(s.Latest(), table, want)
		check(early, table, earlier)
	}
	if err := early.Close(); err != nil {
		t.Fatal(err)
	}
	end(s)
	s, table = open()
	removed := ""
	for row, err := range s.Latest().Scan(t.Context(), table, nil, nil) {
		if err != nil {
			t.Fatal(err)
		}
		if removed == "" { // what the scan met goes before it ends
			removed = string(row.Key)
			delete(want, removed)
			if err := s.Commit(t.Context(), &brook.Batch{Writes: []brook.Write{{Table: table,
				Key: row.Key, Op: brook.Remove}}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	check(s.Latest(), table, want)
	for _, size := range []int{largestRow + 1, 3000, 40_000} {
		for range 20 {
			write(s, table, min(200, 800_000/size), size)
		}
		check(s.Latest(), table, want)
		s.rows.limit = 200_000 // nobody commits
	}
	if table.rows.Load().index.Load().whole {
		t.Error("all rows are in memory, and they do not fit")
	}
	end(s)
}
