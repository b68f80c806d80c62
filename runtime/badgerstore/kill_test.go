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
	"time"

	"github.com/brookgen/brookgen/internal/race"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
)

// With childVariable set, the test binary is a process to be killed.
const childVariable = "BADGERSTORE_TEST_CHILD"

// killsVariable sets how often processes are killed, and makes the other tests of faults try more
// cases. It is for continuous integration: the test takes a minute for 400.
const killsVariable = "BADGERSTORE_TEST_KILLS"

func TestMain(m *testing.M) {
	if args := os.Getenv(childVariable); args != "" {
		if err := runChild(strings.Split(args, "\n")); err != nil {
			fmt.Fprintln(os.Stderr, "child:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// A trial is a log that is folded by processes that are killed one after the other.
type trial struct {
	dir        string
	seed       uint64
	partitions int
	noSync     bool
	what       string // of runChild; "": child
}

const trialEvents = 4000

func (tr trial) args() string {
	args := fmt.Sprintf("%s\n%d\n%d\n%t", tr.dir, tr.seed, tr.partitions, tr.noSync)
	if tr.what != "" {
		return tr.what + "\n" + args
	}
	return args
}

func runChild(args []string) error {
	switch args[0] {
	case "fill":
		return fillChild(args[1:])
	case "dump":
		return dumpChild(args[1:])
	case "jobs":
		return jobsChild(args[1:])
	case "backup":
		return backupChild(args[1:])
	case "restore":
		return restoreChild(args[1:])
	case "timers":
		return timersChild(args[1:])
	case "early":
		return earlyChild(args[1:])
	}
	return child(args)
}

// parseTrial returns the trial of args, without what is to be done.
func parseTrial(args []string) (tr trial, err error) {
	tr = trial{dir: args[0], noSync: args[3] == "true"}
	var perr error
	tr.seed, err = strconv.ParseUint(args[1], 10, 64)
	tr.partitions, perr = strconv.Atoi(args[2])
	return tr, errors.Join(err, perr)
}

// store opens the store of the trial.
func (tr trial) store() (*badgerstore.Store, error) {
	options := []badgerstore.Option{badgerstore.Memory(1),
		badgerstore.Log(slog.New(slog.DiscardHandler))}
	if tr.noSync {
		options = append(options, badgerstore.NoSync())
	}
	return badgerstore.Open(filepath.Join(tr.dir, "store"), options...)
}

// appended opens a file of the trial's directory to append to it.
func (tr trial) appended(name string) (*os.File, error) {
	return os.OpenFile(filepath.Join(tr.dir, name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
}

// child folds the log of a trial, in batches of a few events. It prints "open" when it begins.
func child(args []string) error {
	tr, err := parseTrial(args)
	if err != nil {
		return err
	}
	sent, err := tr.appended("sent")
	if err != nil {
		return err
	}
	defer sent.Close()
	d, err := newStill(tr.seed, tr.partitions, trialEvents, sent)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	s, err := tr.store()
	if err != nil {
		return err
	}
	c := config(d, s)
	c.BatchSize = 1 + int(time.Now().UnixNano()%7)
	app, err := ledger.NewApp(c, ledger.Books{}, apptest.FailOnDemand())
	if err != nil {
		return err
	}
	fmt.Println("open")
	if tr.partitions == 1 {
		err = app.CatchUp(context.Background())
	} else {
		err = runThrough(d, app)
	}
	if err != nil {
		return err
	}
	if err := app.Close(); err != nil {
		return err
	}
	return s.Close()
}

// runThrough runs an app until all of the log is dealt with and published.
func runThrough(d still, app *ledger.App) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	done := make(chan error, 1)
	go func() { done <- app.Run(ctx) }()
	partitions, err := d.Partitions(ctx, "ledger")
	if err != nil {
		return err
	}
	for _, p := range partitions {
		// An error is that of the event, which may be a dead letter.
		_ = app.WaitFor(ctx, at(p))
	}
	stop()
	if err := <-done; err != nil {
		return err
	}
	return app.CatchUp(context.Background()) // publishes what is left
}

// spawn runs a process of the trial, and kills it after a while if kill is set. It reports whether
// the process got to its end.
func (tr trial) spawn(t *testing.T, rnd *rand.Rand, kill bool) bool {
	t.Helper()
	within := time.Duration(0)
	if kill {
		within = 60 * time.Millisecond
	}
	whole, err := apptest.RunChild(rnd, childVariable, tr.args(), within)
	if err != nil {
		t.Fatalf("%+v: %v", tr, err)
	}
	return whole
}

// killTrials has processes that do something killed, the given number if the environment does not
// say otherwise, up to six of one trial, which each may leave to the next. A last one is not killed.
// Then check looks at what they left.
func killTrials(t *testing.T, what string, kills int, check func(trial)) {
	t.Helper()
	if v := os.Getenv(killsVariable); v != "" {
		var err error
		if kills, err = strconv.Atoi(v); err != nil {
			t.Fatal(err)
		}
	} else if testing.Short() || race.Enabled {
		kills = 4
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 2))
	killed := 0
	for n := 0; killed < kills; n++ {
		tr := trial{dir: t.TempDir(), seed: rnd.Uint64(), partitions: 1 + n%2*3, noSync: n%3 == 1,
			what: what}
		for range 6 {
			if killed == kills || tr.spawn(t, rnd, true) {
				break
			}
			killed++
		}
		if !tr.spawn(t, rnd, false) {
			t.Fatal("the last process was killed too")
		}
		if check(tr); t.Failed() {
			t.Fatalf("%+v", tr)
		}
	}
	t.Logf("%d processes killed", killed)
}

// TestKilled: whatever instant processes are killed at, views, histories, indexes and letters equal
// one pass, and all emissions were sent.
func TestKilled(t *testing.T) {
	killTrials(t, "", 24, func(tr trial) { tr.check(t) })
}

func (tr trial) check(t *testing.T) {
	t.Helper()
	all := &strings.Builder{}
	d, err := newStill(tr.seed, tr.partitions, trialEvents, all)
	if err != nil {
		t.Fatal(err)
	}
	want := onePass(t, d)
	app := newApp(t, d, open(t, filepath.Join(tr.dir, "fresh"), badgerstore.NoSync()))
	caughtUp(t, app)
	apptest.Same(t, apptest.Observe(t, app), want)
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	app = newApp(t, d, open(t, filepath.Join(tr.dir, "store")))
	apptest.Same(t, apptest.Observe(t, app), want)
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(tr.dir, "sent"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := apptest.UniqueWords(string(data)),
		apptest.UniqueWords(all.String()); !slices.Equal(got, want) {
		t.Errorf("%d emissions were sent, want %d", len(got), len(want))
	}
}
