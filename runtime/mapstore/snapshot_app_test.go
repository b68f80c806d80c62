package mapstore_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

// marked is a log that stays, and whose marks stay in a file.
type marked struct {
	brook.Driver
	path string

	mu    sync.Mutex
	marks map[string]brook.Position // by topic and partition
	from  []int64                   // where readers began
}

func newMarked(d *apptest.Still, path string) (*marked, error) {
	m := &marked{Driver: d, path: path, marks: map[string]brook.Position{}}
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return m, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &m.marks)
	}
	return m, err
}

func (m *marked) Mark(_ context.Context, _ string, positions []brook.Position) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range positions {
		m.marks[fmt.Sprint(p.Topic, p.Partition)] = p
	}
	data, err := json.Marshal(m.marks)
	if err == nil {
		err = os.WriteFile(m.path+".part", data, 0o600)
	}
	if err == nil {
		err = os.Rename(m.path+".part", m.path)
	}
	return err
}

func (m *marked) Marks(context.Context, string) (all []brook.Position, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range m.marks {
		all = append(all, p)
	}
	return all, nil
}

func (m *marked) Open(ctx context.Context, from brook.Position) (brook.PartitionReader, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.from = append(m.from, from.Offset)
	return m.Driver.Open(ctx, from)
}

func openLedger(d brook.Driver, s brook.Store) (*ledger.App, error) {
	return openHooked(d, s, brook.Hooks{})
}

func openHooked(d brook.Driver, s brook.Store, hooks brook.Hooks) (*ledger.App, error) {
	return ledger.NewApp(brook.Config{
		Author: "ledger", Driver: d, Store: s, Log: slog.New(slog.DiscardHandler), BatchSize: 20,
		Retry: brook.Retry{Attempts: 3, Min: time.Microsecond, Max: time.Millisecond}, Hooks: hooks,
	}, ledger.Books{}, apptest.FailOnDemand())
}

// onePass returns what a log amounts to, and the IDs of what is emitted.
func onePass(t *testing.T, seed uint64, events int) (want apptest.Observed, sent []string) {
	t.Helper()
	var out bytes.Buffer
	d, err := apptest.NewStill(seed, 1, events, &out)
	if err != nil {
		t.Fatal(err)
	}
	app, err := openLedger(d, mapstore.New())
	if err != nil {
		t.Fatal(err)
	}
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	want = apptest.Observe(t, app)
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	if len(want.Letters) == 0 || len(want.Accounts) == 0 || out.Len() == 0 {
		t.Fatalf("a dull story: %.2000v", want)
	}
	return want, apptest.UniqueWords(out.String())
}

// A start goes on from the snapshot: it reads what came later, publishes nothing again that is
// below the mark, and is as one pass.
func TestStartFromSnapshot(t *testing.T) {
	const events = 1500
	want, all := onePass(t, 5, events)
	dir := t.TempDir()
	path := filepath.Join(dir, "views")
	var sent bytes.Buffer
	d, err := apptest.NewStill(5, 1, events, &sent)
	if err != nil {
		t.Fatal(err)
	}
	log, err := newMarked(d, filepath.Join(dir, "marks"))
	if err != nil {
		t.Fatal(err)
	}
	folded, stop := 0, func() {}
	start := func() (*mapstore.Store, *ledger.App) {
		folded = 0
		s := mapstore.New(mapstore.Snapshots(path, 0), quietly(t))
		app, err := openHooked(log, s, brook.Hooks{Commit: func(c brook.Commit) {
			if folded += c.Events; folded >= events/6 {
				stop()
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		return s, app
	}
	s, app := start()
	stopped := 0
	for ; ; stopped++ {
		ctx, cancel := context.WithCancel(t.Context())
		stop = cancel
		err := app.CatchUp(ctx)
		cancel()
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if err := app.Close(); err != nil {
			t.Fatal(err)
		}
		closed(t, s)
		s, app = start()
	}
	apptest.Same(t, apptest.Observe(t, app), want)
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	closed(t, s)
	if len(log.from) < 2 || slices.Contains(log.from[1:], 0) {
		t.Errorf("starts read from %d, want a first one from 0", log.from)
	}
	log.from = nil
	s, app = start()
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	apptest.Same(t, apptest.Observe(t, app), want)
	if len(log.from) > 0 && slices.Min(log.from) < events-2 {
		t.Errorf("the log was read from %d", log.from)
	}
	if err := app.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	apptest.Same(t, apptest.Observe(t, app), want)
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	closed(t, s)
	lines := strings.Fields(sent.String())
	if got := apptest.UniqueWords(sent.String()); !slices.Equal(got, all) {
		t.Errorf("%d emissions were sent, want %d", len(got), len(all))
	}
	// When a context ends, what is sent of a batch or two may not be marked.
	if len(lines) > len(all)+40*stopped || stopped < 3 {
		t.Errorf("%d emissions were sent, of %d, in %d starts: much was sent again",
			len(lines), len(all), stopped+1)
	}
}

// What a snapshot has in its outbox, and the process that took it published since, is not published
// again.
func TestOutboxOfSnapshot(t *testing.T) {
	const events = 300
	dir := t.TempDir()
	path := filepath.Join(dir, "views")
	var sent bytes.Buffer
	d, err := apptest.NewStill(6, 1, events, &sent)
	if err != nil {
		t.Fatal(err)
	}
	log, err := newMarked(d, filepath.Join(dir, "marks"))
	if err != nil {
		t.Fatal(err)
	}
	refusing := &refusing{marked: log}
	s := mapstore.New(mapstore.Snapshots(path, 0), quietly(t))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	app, err := openHooked(refusing, s, brook.Hooks{Commit: func(c brook.Commit) {
		if c.Partitions[0].Next >= events {
			cancel()
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := app.CatchUp(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("with a log that refuses what is published: %v", err)
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	closed(t, s) // the snapshot has all emissions in its outbox
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	fold := func() int {
		before := len(strings.Fields(sent.String()))
		s := mapstore.New(mapstore.Snapshots(path, 0), quietly(t))
		app, err := openLedger(log, s)
		if err != nil {
			t.Fatal(err)
		}
		if err := app.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := app.Close(); err != nil {
			t.Fatal(err)
		}
		closed(t, s)
		return len(strings.Fields(sent.String())) - before
	}
	first := fold()
	if err := os.WriteFile(path, old, 0o600); err != nil { // as if the process had been killed
		t.Fatal(err)
	}
	if again := fold(); first == 0 || again != 0 {
		t.Errorf("%d emissions were sent, and then %d of them again", first, again)
	}
}

// refusing is a log that takes nothing, for now.
type refusing struct{ *marked }

func (refusing) Publish(context.Context, []brook.Record) ([]brook.Position, error) {
	return nil, errors.New("away")
}

const childVariable = "MAPSTORE_TEST_CHILD"

func TestMain(m *testing.M) {
	if args := os.Getenv(childVariable); args != "" {
		if err := child(strings.Split(args, "\n")); err != nil {
			fmt.Fprintln(os.Stderr, "child:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

const trialEvents = 6000

// child folds a log over a store with snapshots, a new one right after each commit. It notes where
// it began to read.
func child(args []string) error {
	dir := args[0]
	seed, err := strconv.ParseUint(args[1], 10, 64)
	if err != nil {
		return err
	}
	file := func(name string) (*os.File, error) {
		return os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	}
	sent, err := file("sent")
	if err != nil {
		return err
	}
	began, err := file("began")
	if err != nil {
		return err
	}
	d, err := apptest.NewStill(seed, 1, trialEvents, sent)
	if err != nil {
		return err
	}
	log, err := newMarked(d, filepath.Join(dir, "marks"))
	if err != nil {
		return err
	}
	fmt.Println("ready")
	s := mapstore.New(mapstore.Snapshots(filepath.Join(dir, "views"), time.Millisecond),
		mapstore.Log(slog.New(slog.DiscardHandler)))
	if _, err := fmt.Fprintln(began, s.Restoration() != ""); err != nil {
		return err
	}
	app, err := openLedger(log, s)
	if err != nil {
		return err
	}
	fmt.Println("open")
	if err := app.CatchUp(context.Background()); err != nil {
		return err
	}
	return errors.Join(app.Close(), s.Close())
}

// TestKilled: processes are killed while they fold and write snapshots. Each goes on from a whole
// one, and in the end the views equal one pass, and all emissions were sent.
func TestKilled(t *testing.T) {
	trials := 4
	if testing.Short() {
		trials = 1
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 4))
	for range trials {
		dir, story := t.TempDir(), rnd.Uint64()
		args := fmt.Sprintf("%s\n%d", dir, story)
		kills := 0
		for range 8 {
			whole, err := apptest.RunChild(rnd, childVariable, args, 120*time.Millisecond)
			if err != nil {
				t.Fatal(err)
			}
			if whole {
				break
			}
			kills++
		}
		if whole, err := apptest.RunChild(rnd, childVariable, args, 0); err != nil || !whole {
			t.Fatalf("the last process: %t, %v", whole, err)
		}
		want, all := onePass(t, story, trialEvents)
		s := mapstore.New(mapstore.Snapshots(filepath.Join(dir, "views"), 0), quietly(t))
		d, err := apptest.NewStill(story, 1, trialEvents, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		app, err := openLedger(d, s)
		if err != nil {
			t.Fatal(err)
		}
		apptest.Same(t, apptest.Observe(t, app), want)
		if err := app.Close(); err != nil {
			t.Fatal(err)
		}
		sent, err := os.ReadFile(filepath.Join(dir, "sent"))
		if err != nil {
			t.Fatal(err)
		}
		if got := apptest.UniqueWords(string(sent)); !slices.Equal(got, all) {
			t.Errorf("seed %d: %d emissions were sent, want %d", story, len(got), len(all))
		}
		began, err := os.ReadFile(filepath.Join(dir, "began"))
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("killed %d times; began from a snapshot: %q", kills, strings.Fields(string(began)))
		if strings.Contains(strings.TrimSpace(string(began)), "true\nfalse") {
			t.Error("a process found no whole snapshot, although there was one")
		}
	}
}
