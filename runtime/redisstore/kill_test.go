package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/brookgen/brookgen/internal/race"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/redisstore"
	"github.com/redis/go-redis/v9"
)

// With childVariable set, the test binary is a process to be killed.
const childVariable = "REDISSTORE_TEST_CHILD"

// killsVariable sets how many processes are killed, for continuous integration.
const killsVariable = "REDISSTORE_TEST_KILLS"

func TestMain(m *testing.M) {
	if args := os.Getenv(childVariable); args != "" {
		if err := runChild(args); err != nil {
			fmt.Fprintln(os.Stderr, "child:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if args := os.Getenv(deployVariable); args != "" {
		if err := runDeployed(args); err != nil {
			fmt.Fprintln(os.Stderr, "child:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// A trial is a log that several processes at once fold into one view, of which most are killed.
type trial struct {
	prefix     string
	dir        string // where each process writes down what it sent
	seed       uint64
	partitions int
}

const trialEvents = 2000

func (tr trial) arguments() string {
	return fmt.Sprintf("%s %q %d %d", tr.prefix, tr.dir, tr.seed, tr.partitions)
}

// runChild folds the log of a trial, in batches of a few events, or rebuilds the views first. It
// prints "ready" when it begins, and "open" when it has the views.
func runChild(arguments string) error {
	var tr trial
	if _, err := fmt.Sscanf(arguments, "%s %q %d %d", &tr.prefix, &tr.dir, &tr.seed,
		&tr.partitions); err != nil {
		return err
	}
	rnd := rand.New(rand.NewPCG(uint64(os.Getpid()), uint64(time.Now().UnixNano())))
	sent, err := os.CreateTemp(tr.dir, "sent")
	if err != nil {
		return err
	}
	d, err := apptest.NewStill(tr.seed, tr.partitions, trialEvents, sent)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	ctx := context.Background()
	client := redis.NewClient(&redis.Options{Addr: os.Getenv("BROOK_REDIS")})
	s, err := redisstore.New(ctx, client, redisstore.Prefix(tr.prefix))
	if err != nil {
		return err
	}
	c := config(d, s)
	c.BatchSize = 1 + rnd.IntN(20)
	app, err := ledger.NewApp(c, ledger.Books{}, apptest.FailOnDemand())
	for errors.Is(err, brook.ErrConflict) { // another one made the views
		app, err = ledger.NewApp(c, ledger.Books{}, apptest.FailOnDemand())
	}
	if err != nil {
		return err
	}
	fmt.Println("open")
	if rnd.IntN(4) == 0 {
		// another one was faster
		if err := app.Rebuild(ctx); err != nil && !errors.Is(err, brook.ErrConflict) {
			return err
		}
	}
	if rnd.IntN(2) == 0 {
		err = runThrough(ctx, d, app)
	}
	if err == nil {
		err = app.CatchUp(ctx) // publishes what is left, too
	}
	return errors.Join(err, app.Close(), client.Close(), sent.Close())
}

// runThrough runs an app until all of the log is dealt with, by whichever process.
func runThrough(ctx context.Context, d brook.Driver, app *ledger.App) error {
	run, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- app.Run(run) }()
	err := dealtWith(ctx, d, app)
	stop()
	return errors.Join(err, <-done)
}

// dealtWith waits until the views stand at the end of the log.
func dealtWith(ctx context.Context, d brook.Driver, app *ledger.App) error {
	partitions, err := d.Partitions(ctx, "ledger")
	for _, p := range partitions {
		werr := app.WaitFor(ctx, brook.Position{Topic: p.Topic, Partition: p.Number,
			Offset: p.End - 1})
		if werr != nil && !errors.Is(werr, brook.ErrDeadLetter) {
			err = errors.Join(err, werr)
		}
	}
	return err
}

// spawn runs a process of the trial, and kills it after a while if kill is set. It reports whether
// the process got to its end.
func (tr trial) spawn(rnd *rand.Rand, kill bool) (whole bool, err error) {
	within := time.Duration(0)
	if kill {
		within = 80 * time.Millisecond
	}
	whole, err = apptest.RunChild(rnd, childVariable, tr.arguments(), within)
	if err != nil {
		err = fmt.Errorf("%+v: %w", tr, err)
	}
	return whole, err
}

// TestKilled: whatever instants several processes over one view are killed at, views, histories,
// indexes, letters and positions equal one pass, and all emissions were sent.
func TestKilled(t *testing.T) {
	client(t) // or skip
	kills := 24
	if v := os.Getenv(killsVariable); v != "" {
		var err error
		if kills, err = strconv.Atoi(v); err != nil {
			t.Fatal(err)
		}
	} else if testing.Short() || race.Enabled {
		kills = 6
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 2))
	killed := 0
	for n := 0; killed < kills && !t.Failed(); n++ {
		tr := trial{prefix: apart(t), dir: t.TempDir(), seed: rnd.Uint64(), partitions: 1 + n%2*2}
		killed += tr.run(t, rnd, kills-killed)
	}
	t.Logf("%d processes killed", killed)
}

// run has processes of the trial killed, most at a time, and checks what they leave.
func (tr trial) run(t *testing.T, rnd *rand.Rand, most int) (killed int) {
	t.Helper()
	defer forget(t, tr.prefix)
	var count atomic.Int64
	crowd := func(n int, work func(rnd *rand.Rand) error) {
		var wg sync.WaitGroup
		for range n {
			own := rand.New(rand.NewPCG(rnd.Uint64(), 3))
			wg.Go(func() {
				if err := work(own); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	crowd(3, func(rnd *rand.Rand) error {
		for range 5 {
			if count.Load() >= int64(most) {
				return nil
			}
			whole, err := tr.spawn(rnd, true)
			if whole || err != nil {
				return err
			}
			count.Add(1)
		}
		return nil
	})
	crowd(2, func(rnd *rand.Rand) error {
		_, err := tr.spawn(rnd, false)
		return err
	})
	if !t.Failed() {
		tr.check(t)
	}
	if t.Failed() {
		t.Fatalf("%+v", tr)
	}
	return int(count.Load())
}

func (tr trial) check(t *testing.T) {
	t.Helper()
	all := &strings.Builder{}
	d, err := apptest.NewStill(tr.seed, tr.partitions, trialEvents, all)
	if err != nil {
		t.Fatal(err)
	}
	pass := audited(t, d, mapstore.New())
	caughtUp(t, pass)
	want := apptest.Observe(t, pass)
	closed(t, pass)
	if len(want.Letters) == 0 || len(want.Accounts) == 0 || len(want.Notes) == 0 {
		t.Fatalf("a dull story: %.2000v", want)
	}
	app := audited(t, d, open(t, client(t), tr.prefix))
	defer closed(t, app)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	// nobody runs it: it stands where the processes left it
	if err := dealtWith(ctx, d, app); err != nil {
		t.Error(err)
	}
	apptest.Same(t, apptest.Observe(t, app), want)
	var got strings.Builder
	files, err := filepath.Glob(filepath.Join(tr.dir, "sent*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d processes sent anything, %v", len(files), err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got.Write(data)
	}
	if got, want := apptest.UniqueWords(got.String()),
		apptest.UniqueWords(all.String()); !slices.Equal(got, want) ||
		len(want) == 0 {
		t.Errorf("%d emissions were sent, want %d", len(got), len(want))
	}
}

func audited(t *testing.T, d brook.Driver, s brook.Store) *ledger.App {
	t.Helper()
	app, err := ledger.NewApp(config(d, s), ledger.Books{}, apptest.FailOnDemand())
	if err != nil {
		t.Fatal(err)
	}
	return app
}

// forget removes all views of a prefix from the server.
func forget(t *testing.T, prefix string) {
	t.Helper()
	c := client(t)
	keys := c.Scan(t.Context(), 0, "*"+strings.ReplaceAll(prefix, "/", "?")+"*", 1000).Iterator()
	for keys.Next(t.Context()) {
		if err := c.Unlink(t.Context(), keys.Val()).Err(); err != nil {
			t.Error(err)
		}
	}
	if err := keys.Err(); err != nil {
		t.Error(err)
	}
}
