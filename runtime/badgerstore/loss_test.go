package badgerstore_test

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/brookgen/brookgen/runtime/badgerstore"
)

func logs(t testing.TB, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.mem"))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// copyOpen copies the directory of a store that is open, as it may be found after the machine
// failed: nothing is committed meanwhile, but Badger may be at work.
func copyOpen(t testing.TB, from, to string) {
	t.Helper()
	list := func() (names []string) {
		entries, err := os.ReadDir(from)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}
	for {
		before := list()
		if err := os.RemoveAll(to); err != nil {
			t.Fatal(err)
		}
		err := os.CopyFS(to, os.DirFS(from))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		if err == nil && slices.Equal(before, list()) {
			return
		}
	}
}

// zeroFrom makes the end of a log as if the system had never written it.
func zeroFrom(t testing.TB, name string, cut func(used int) int) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	clear(data[cut(used(data)):])
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A lost middle, which Badger passes over, is noticed: the end of one log was not written,
// and the next log was.
func TestLostMiddle(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, badgerstore.NoSync())
	bad := filepath.Join(t.TempDir(), "bad")
	last := ""
	stop := errors.New("enough")
	after := 0
	err := fillTable(t.Context(), s, 1, damageCommits, func(n int) error {
		switch {
		case n == 1000: // into its first log
			copyOpen(t, dir, bad)
			last = logs(t, bad)[len(logs(t, bad))-1]
		case n > 1000:
			if now := logs(t, dir); filepath.Base(now[len(now)-1]) > filepath.Base(last) {
				if after++; after == 10 {
					return stop
				}
			}
		}
		return nil
	})
	if !errors.Is(err, stop) {
		t.Fatalf("no second log: %v", err)
	}
	all := logs(t, dir)
	next := all[len(all)-1]
	data, err := os.ReadFile(next)
	if err != nil {
		t.Fatal(err)
	}
	whole := filepath.Join(t.TempDir(), "whole")
	copyDir(t, bad, whole)
	if err := os.WriteFile(filepath.Join(bad, filepath.Base(next)), data, 0o600); err != nil {
		t.Fatal(err)
	}
	closed(t, s)
	_, err = badgerstore.Open(bad, small(), quiet(t))
	if !errors.Is(err, badgerstore.ErrDamaged) {
		t.Errorf("Open: %v, want ErrDamaged", err)
	}
	t.Log(err)
	s = open(t, whole)
	state, counter, err := dump(t.Context(), s)
	if want := (&states{known: map[int]string{}}).at(t, 1000); err != nil || counter != 1000 ||
		state != want {
		t.Errorf("without the next log: commit %d, %v", counter, err)
	}
}

// Without syncs a machine that fails may leave any part of the logs. What is opened then is the
// state after some commit, or an error.
func TestPowerLoss(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, badgerstore.NoSync())
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 4))
	all := &states{known: map[int]string{}}
	failures, damaged, opened := 10, 0, 0
	if os.Getenv(killsVariable) != "" {
		failures = 60
	}
	err := fillTable(t.Context(), s, 1, damageCommits, func(n int) error {
		if rnd.IntN(damageCommits/failures) > 0 {
			return nil
		}
		bad := filepath.Join(t.TempDir(), "bad")
		copyOpen(t, dir, bad)
		for _, name := range logs(t, bad) {
			switch rnd.IntN(3) {
			case 0:
				zeroFrom(t, name, rnd.IntN)
			case 1:
				zeroFrom(t, name, func(used int) int { return rnd.IntN(used) &^ 4095 })
			}
		}
		after, err := badgerstore.Open(bad, small(), badgerstore.NoSync(), quiet(t))
		if errors.Is(err, badgerstore.ErrDamaged) {
			damaged++
			return nil
		}
		if err != nil {
			return err
		}
		opened++
		state, counter, err := dump(t.Context(), after)
		if err != nil {
			return err
		}
		if counter > n || state != all.at(t, counter) {
			t.Errorf("a wrong view: %d of %d", counter, n)
		}
		// And it goes on from there.
		if err := fillTable(t.Context(), after, counter+1, counter+20, func(int) error {
			return nil
		}); err != nil {
			return err
		}
		if state, at, err := dump(t.Context(), after); err != nil || at != counter+20 ||
			state != all.at(t, at) {
			t.Errorf("gone on from %d: a wrong view at %d, %v", counter, at, err)
		}
		return after.Close()
	})
	if err != nil {
		t.Error(err)
	}
	t.Logf("%d opened, %d damaged", opened, damaged)
}
