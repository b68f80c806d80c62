package badgerstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/brookgen/brookgen/internal/race"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

// The damaged stores hold commits 1 to n of this sequence: commit n sets a counter, a row of
// its own, and a history.
const damageCommits = 3000

func damageBatch(t brook.Table, n int) *brook.Batch {
	entry := &brook.HistoryEntry{ID: fmt.Sprint(n), Type: []string{"a", "b"}[n%2],
		Data: bytes.Repeat([]byte{'d'}, n%700)}
	b := &brook.Batch{Writes: []brook.Write{
		{Table: t, Key: []byte("counter"), Value: fmt.Append(nil, n),
			History: []*brook.HistoryEntry{entry}},
		{Table: t, Key: fmt.Appendf(nil, "row %d", n%500),
			Value: bytes.Repeat([]byte{byte(n)}, 1000+n%997)},
	}}
	if n%3 == 0 {
		b.Writes = append(b.Writes,
			brook.Write{Table: t, Key: fmt.Appendf(nil, "gone %d", (n-3)%60), Op: brook.Remove})
	} else {
		b.Writes = append(b.Writes, brook.Write{Table: t, Key: fmt.Appendf(nil, "gone %d", n%60),
			Value: fmt.Append(nil, n), History: []*brook.HistoryEntry{entry}})
	}
	if n%400 == 0 {
		b.Writes = append(b.Writes,
			brook.Write{Table: t, Key: []byte("large"),
				Value: bytes.Repeat([]byte{byte(n)}, 600_000)})
	}
	return b
}

var damageSpec = brook.TableSpec{Name: "rows", Keep: map[string]int{"a": 20, "b": 300}}

// fillTable commits up to number n to a store.
func fillTable(ctx context.Context, s brook.Store, from, to int, after func(n int) error) error {
	t, err := s.Table(ctx, damageSpec)
	if err != nil {
		return err
	}
	for n := from; n <= to; n++ {
		if err := s.Commit(ctx, damageBatch(t, n)); err != nil {
			return err
		}
		if err := after(n); err != nil {
			return err
		}
	}
	return nil
}

// fillChild fills a store, prints its progress, and waits to be killed.
func fillChild(args []string) error {
	s, err := badgerstore.Open(args[0], badgerstore.Memory(1), badgerstore.NoSync())
	if err != nil {
		return err
	}
	if err := fillTable(context.Background(), s, 1, damageCommits, func(int) error {
		return nil
	}); err != nil {
		return err
	}
	fmt.Println("full")
	_, err = io.ReadAll(os.Stdin)
	return err
}

// dump returns all that a reader sees of a table.
func dump(ctx context.Context, s brook.Store) (state string, counter int, err error) {
	t, err := s.Table(ctx, damageSpec)
	if err != nil {
		return "", 0, err
	}
	var b strings.Builder
	for row, err := range s.Latest().Scan(ctx, t, nil, nil) {
		if err != nil {
			return "", 0, err
		}
		data := row.Value.Data.([]byte)
		if string(row.Key) == "counter" {
			if _, err := fmt.Sscan(string(data), &counter); err != nil {
				return "", 0, err
			}
		}
		fmt.Fprintf(&b, "%s %d %.8x\n", row.Key, len(data), data)
		got, err := s.Latest().Get(ctx, t, row.Key)
		if err != nil || !bytes.Equal(got.Data.([]byte), data) {
			return "", 0, fmt.Errorf("get %q: %w", row.Key,
				errors.Join(err, errors.New("scan and get differ")))
		}
		for e, err := range s.Latest().History(ctx, t, row.Key) {
			if err != nil {
				return "", 0, err
			}
			fmt.Fprintf(&b, " %s/%d", e.ID, len(e.Data))
		}
	}
	return b.String(), counter, nil
}

// states are what the table holds after each commit, taken from a map store.
type states struct {
	store *mapstore.Store
	n     int
	known map[int]string
}

func (s *states) at(t testing.TB, n int) string {
	t.Helper()
	if state, ok := s.known[n]; ok {
		return state
	}
	if s.store == nil || n < s.n {
		s.store, s.n = mapstore.New(), 0
	}
	if err := fillTable(t.Context(), s.store, s.n+1, n, func(int) error {
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	s.n = n
	state, _, err := dump(t.Context(), s.store)
	if err != nil {
		t.Fatal(err)
	}
	s.known[n] = state
	return state
}

func copyDir(t testing.TB, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// killedStore returns the directory of a store that was full when its process was killed.
func killedStore(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "store")
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"=fill\n"+dir)
	cmd.Stderr = t.Output()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 4)
	if _, err := io.ReadFull(out, buf); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	return dir
}

// openDamaged opens a damaged copy in a process of its own, because Badger may end the process, and
// returns what that prints.
func openDamaged(t *testing.T, dir string) (state string, counter int, err error) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"=dump\n"+dir)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", 0, fmt.Errorf("%w: %s", err, stderr.String())
	}
	head, state, _ := strings.Cut(string(out), "\n")
	if _, err := fmt.Sscan(head, &counter); err != nil {
		t.Fatalf("%q: %v", head, err)
	}
	return state, counter, nil
}

func dumpChild(args []string) error {
	s, err := badgerstore.Open(args[0], badgerstore.Memory(1), badgerstore.NoSync())
	if err != nil {
		return err
	}
	state, counter, err := dump(context.Background(), s)
	if err != nil {
		return err
	}
	fmt.Println(counter)
	fmt.Print(state)
	return s.Close()
}

// A damage is something that happens to a file.
var damages = map[string]func(rnd *rand.Rand, data []byte) []byte{
	"cut": func(rnd *rand.Rand, data []byte) []byte { return data[:rnd.IntN(len(data))] },
	"cut end": func(rnd *rand.Rand, data []byte) []byte {
		return data[:len(data)-1-rnd.IntN(min(len(data), 64))]
	},
	"empty": func(*rand.Rand, []byte) []byte { return nil },
	"bit": func(rnd *rand.Rand, data []byte) []byte {
		data[rnd.IntN(used(data))] ^= 1 << rnd.IntN(8)
		return data
	},
	"bit at end": func(rnd *rand.Rand, data []byte) []byte {
		data[max(0, used(data)-1-rnd.IntN(64))] ^= 1 << rnd.IntN(8)
		return data
	},
	"zeros": func(rnd *rand.Rand, data []byte) []byte {
		at := rnd.IntN(used(data))
		clear(data[at:min(at+4096, len(data))])
		return data
	},
	"zeros from here": func(rnd *rand.Rand, data []byte) []byte {
		clear(data[rnd.IntN(used(data)):])
		return data
	},
	"noise": func(rnd *rand.Rand, data []byte) []byte {
		at := rnd.IntN(used(data))
		for i := at; i < min(at+100, len(data)); i++ {
			data[i] = byte(rnd.Uint32())
		}
		return data
	},
}

// used is how much of a file is not zeros at its end.
func used(data []byte) int {
	return max(1, len(bytes.TrimRight(data, "\x00")))
}

// TestDamaged: whatever happens to a file of the store, opening and reading it returns an error, or
// what was there after some commit.
func TestDamaged(t *testing.T) {
	killed := killedStore(t)
	inOrder := filepath.Join(t.TempDir(), "in order")
	copyDir(t, killed, inOrder)
	closed(t, open(t, inOrder))
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 3))
	all := &states{known: map[int]string{}}
	share := 5 // one of five cases
	switch {
	case os.Getenv(killsVariable) != "":
		share = 1
	case testing.Short() || race.Enabled:
		share = 15
	}
	outcomes := map[string]int{}
	for _, dir := range []string{killed, inOrder} {
		files, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			for name, damage := range damages {
				if rnd.IntN(share) > 0 {
					continue
				}
				bad := filepath.Join(t.TempDir(), "bad")
				copyDir(t, dir, bad)
				path := filepath.Join(bad, f.Name())
				data, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if len(data) == 0 {
					continue
				}
				if err := os.WriteFile(path, damage(rnd, data), 0o600); err != nil {
					t.Fatal(err)
				}
				state, counter, err := openDamaged(t, bad)
				kind := filepath.Ext(f.Name())
				if kind == "" {
					kind = f.Name()
				}
				what := fmt.Sprintf("%s of %s (%s)", name, f.Name(), filepath.Base(dir))
				switch {
				case err != nil && (strings.Contains(err.Error(), "panic") ||
					strings.Contains(err.Error(), "goroutine ")):
					t.Errorf("%s: %.1500v", what, err)
				case err != nil:
					outcomes[kind+": error"]++
					if testing.Verbose() {
						t.Logf("%s: %.300v", what, err)
					}
				case state != all.at(t, counter):
					t.Errorf("%s: a wrong view at commit %d", what, counter)
				case counter < damageCommits:
					outcomes[kind+": earlier state"]++
				default:
					outcomes[kind+": whole"]++
				}
			}
		}
	}
	for what, n := range outcomes {
		t.Logf("%s: %d", what, n)
	}
}
