package badgerstore_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/brookgen/brookgen/internal/race"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
)

// backupChild folds the log of a trial, and makes one backup after the other meanwhile, each of which
// takes the place of the one before once it is whole.
func backupChild(args []string) (err error) {
	dir := args[0]
	seed, err := strconv.ParseUint(args[1], 10, 64)
	if err != nil {
		return err
	}
	sent, err := os.OpenFile(filepath.Join(dir, "sent"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer sent.Close()
	d, err := newStill(seed, 1, trialEvents, sent)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	s, err := badgerstore.Open(filepath.Join(dir, "store"), badgerstore.Memory(1),
		badgerstore.Log(slog.New(slog.DiscardHandler)))
	if err != nil {
		return err
	}
	c := config(d, s)
	c.BatchSize = 20
	app, err := ledger.NewApp(c, ledger.Books{}, apptest.FailOnDemand())
	if err != nil {
		return err
	}
	fmt.Println("open")
	done := make(chan error, 1)
	go func() { done <- app.CatchUp(context.Background()) }()
	for {
		if err := backUp(app, filepath.Join(dir, "backup")); err != nil {
			return err
		}
		select {
		case err := <-done:
			return errors.Join(err, app.Close(), s.Close())
		default:
		}
	}
}

// backUp writes a backup to a file beside the one that it replaces then.
func backUp(app *ledger.App, name string) error {
	f, err := os.Create(name + ".part")
	if err != nil {
		return err
	}
	if err := errors.Join(app.Backup(context.Background(), f), f.Close()); err != nil {
		return err
	}
	return os.Rename(name+".part", name)
}

// restoreChild restores the backup of a trial.
func restoreChild(args []string) error {
	f, err := os.Open(filepath.Join(args[0], "backup"))
	if err != nil {
		return err
	}
	defer f.Close()
	fmt.Println("ready")
	fmt.Println("open")
	return badgerstore.Restore(context.Background(), f, filepath.Join(args[0], "restored"),
		badgerstore.Memory(1), badgerstore.Log(slog.New(slog.DiscardHandler)))
}

// TestKilledInBackup: processes are killed while they fold and back up, and while they restore. What
// there is of a backup is whole or refused, of a restored store whole or not there; it is folded on,
// its views equal one pass, and all emissions were sent, before the backup or after it.
func TestKilledInBackup(t *testing.T) {
	trials := 3
	if testing.Short() || race.Enabled {
		trials = 1
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 3))
	for range trials {
		tr := trial{dir: t.TempDir(), seed: rnd.Uint64(), partitions: 1, what: "backup"}
		for range 5 {
			if tr.spawn(t, rnd, true) {
				break
			}
		}
		tr.partial(t)
		if _, err := os.Stat(filepath.Join(tr.dir, "backup")); err != nil {
			t.Logf("no backup was whole: %v", err)
			continue
		}
		tr.what = "restore"
		for range 3 {
			if tr.spawn(t, rnd, true) {
				break
			}
			if dir := filepath.Join(tr.dir, "restored"); exists(dir) {
				closed(t, open(t, dir))
				break
			}
		}
		if !exists(filepath.Join(tr.dir, "restored")) && !tr.spawn(t, rnd, false) {
			t.Fatal("the last process was killed too")
		}
		if tr.goOn(t); t.Failed() {
			t.Fatalf("%+v", tr)
		}
	}
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// partial checks that what a killed process left of a backup is refused, unless all of it is there.
func (tr trial) partial(t *testing.T) {
	t.Helper()
	f, err := os.Open(filepath.Join(tr.dir, "backup.part"))
	if err != nil {
		return // it was killed between two
	}
	defer f.Close()
	dir := filepath.Join(tr.dir, "partial")
	err = badgerstore.Restore(t.Context(), f, dir, quiet(t), small())
	switch {
	case err == nil:
		closed(t, open(t, dir))
	case !errors.Is(err, badgerstore.ErrBackup) || exists(dir):
		t.Errorf("a part of a backup: %v; the directory is there: %t", err, exists(dir))
	}
}

// goOn folds what the restored store lacks.
func (tr trial) goOn(t *testing.T) {
	t.Helper()
	all := &strings.Builder{}
	d, err := newStill(tr.seed, 1, trialEvents, all)
	if err != nil {
		t.Fatal(err)
	}
	want := onePass(t, d)
	fresh := newApp(t, d, open(t, filepath.Join(tr.dir, "fresh"), badgerstore.NoSync()))
	caughtUp(t, fresh)
	sent, err := os.OpenFile(filepath.Join(tr.dir, "sent"), os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	app := newApp(t, stillOf(d.log, sent), open(t, filepath.Join(tr.dir, "restored")))
	caughtUp(t, app)
	apptest.Same(t, apptest.Observe(t, app), want)
	if err := errors.Join(fresh.Close(), app.Close(), sent.Close()); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(sent.Name())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := apptest.UniqueWords(string(data)), apptest.UniqueWords(all.String()); !slices.Equal(got, want) {
		t.Errorf("%d emissions were sent, want %d", len(got), len(want))
	}
}
