package redisstore_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/brookgen/brookgen/internal/race"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/engine"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	v1 "github.com/brookgen/brookgen/runtime/internal/deploy/v1"
	v2 "github.com/brookgen/brookgen/runtime/internal/deploy/v2"
	"github.com/brookgen/brookgen/runtime/internal/relay"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
	"github.com/brookgen/brookgen/runtime/redisstore"
	"github.com/redis/go-redis/v9"
)

// With deployVariable set, the test binary is a process of a deploy, to be killed.
const deployVariable = "REDISSTORE_TEST_DEPLOY"

// A deploy is a log that processes of two versions of one package fold into one view, of
// which most are killed.
type deploy struct {
	prefix     string
	dir        string
	seed       uint64
	partitions int
}

const deployEvents = 1000

func (d deploy) arguments(version int) string {
	return fmt.Sprintf("%s %q %d %d %d", d.prefix, d.dir, d.seed, d.partitions, version)
}

// log makes the log of the deploy. What is published goes to the end of one file, whichever
// process publishes it.
func (d deploy) log() (*apptest.Ordered, *os.File, error) {
	sent, err := os.OpenFile(filepath.Join(d.dir, "sent"),
		os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, err
	}
	log, err := apptest.NewOrdered(d.seed, d.partitions, deployEvents, sent)
	return log, sent, err
}

func deployConfig(d brook.Driver, s brook.Store) brook.Config {
	c := config(d, s)
	c.Author = "deploy"
	return c
}

// runDeployed folds the log with one version of the code, and rebuilds and redrives at random. It
// prints "ready" when it begins, and "open" when it has the views.
func runDeployed(arguments string) error {
	var d deploy
	var version int
	if _, err := fmt.Sscanf(arguments, "%s %q %d %d %d", &d.prefix, &d.dir, &d.seed, &d.partitions,
		&version); err != nil {
		return err
	}
	rnd := rand.New(rand.NewPCG(uint64(os.Getpid()), uint64(time.Now().UnixNano())))
	log, sent, err := d.log()
	if err != nil {
		return err
	}
	fmt.Println("ready")
	ctx := context.Background()
	client := redis.NewClient(&redis.Options{Addr: os.Getenv("BROOK_REDIS")})
	s, err := redisstore.New(ctx, client, redisstore.Prefix(d.prefix))
	if err != nil {
		return err
	}
	c := deployConfig(log, s)
	c.BatchSize = 1 + rnd.IntN(20)
	app, err := openVersion(c, version)
	for errors.Is(err, brook.ErrConflict) {
		app, err = openVersion(c, version)
	}
	if err != nil {
		return err
	}
	fmt.Println("open")
	if rnd.IntN(4) == 0 {
		err = app.Rebuild(ctx)
	}
	if rnd.IntN(2) == 0 && another(err) == nil {
		_, err = app.Redrive(ctx, nil)
	}
	if rnd.IntN(2) == 0 && another(err) == nil {
		err = runAWhile(ctx, app, time.Duration(rnd.Int64N(int64(2*time.Second))))
	}
	if another(err) == nil {
		err = app.CatchUp(ctx)
	}
	if rnd.IntN(2) == 0 && another(err) == nil {
		_, err = app.Redrive(ctx, nil)
	}
	return errors.Join(another(err), app.Close(), client.Close(), sent.Close())
}

// runAWhile runs an app: an older version may stand aside as long as it does.
func runAWhile(ctx context.Context, app *engine.App, d time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return app.Run(ctx)
}

// another returns err, unless it means that another process was faster, that the other version
// folds now, or that its views stay.
func another(err error) error {
	if errors.Is(err, brook.ErrConflict) || errors.Is(err, brook.ErrStale) ||
		errors.Is(err, brook.ErrRebuildRefused) {
		return nil
	}
	return err
}

func openVersion(c brook.Config, version int) (*engine.App, error) {
	if version == 1 {
		app, err := v1.NewApp(c, v1.Orders{})
		if err != nil {
			return nil, err
		}
		return app.App, nil
	}
	app, err := v2.NewApp(c, v2.Orders{})
	if err != nil {
		return nil, err
	}
	return app.App, nil
}

// spawn runs a process of a version, and kills it after a while if kill is set. It reports whether
// the process got to its end.
func (d deploy) spawn(rnd *rand.Rand, version int, kill bool) (whole bool, err error) {
	within := time.Duration(0)
	if kill {
		within = []time.Duration{100, 800}[rnd.IntN(2)] * time.Millisecond
	}
	whole, err = apptest.RunChild(rnd, deployVariable, d.arguments(version), within)
	if err != nil {
		err = fmt.Errorf("version %d of %+v: %w", version, d, err)
	}
	return whole, err
}

// TestRollingDeployKilled: processes of two versions of one package over one view, killed at any
// instants, side by side for a while and then of the newer one alone, leave what one pass of the
// newer code makes: views, index, histories and letters. A receiver of the emissions has each once
// (rules 12, 26, 27, 40).
func TestRollingDeployKilled(t *testing.T) {
	client(t) // or skip
	kills := 12
	if v := os.Getenv(killsVariable); v != "" {
		var err error
		if kills, err = strconv.Atoi(v); err != nil {
			t.Fatal(err)
		}
		// each trial makes several logs, and takes longer than one of TestKilled
		kills = max(kills/3, 4)
	} else if testing.Short() || race.Enabled {
		kills = 4
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 6))
	killed := 0
	for n := 0; killed < kills && !t.Failed(); n++ {
		d := deploy{prefix: apart(t), dir: t.TempDir(), seed: rnd.Uint64(), partitions: 1 + n%2*2}
		killed += d.run(t, rnd, kills-killed)
	}
	t.Logf("%d processes killed", killed)
}

func (d deploy) run(t *testing.T, rnd *rand.Rand, most int) int {
	t.Helper()
	defer forget(t, d.prefix)
	var count atomic.Int64
	crowd := func(versions []int, each int, kill bool) {
		var wg sync.WaitGroup
		for _, version := range versions {
			own := rand.New(rand.NewPCG(rnd.Uint64(), 7))
			wg.Go(func() {
				for range each {
					if kill && count.Load() >= int64(most) {
						return
					}
					whole, err := d.spawn(own, version, kill)
					if err != nil {
						t.Error(err)
						return
					}
					if !whole {
						count.Add(1)
					}
				}
			})
		}
		wg.Wait()
	}
	crowd([]int{1, 1}, 1, true)
	crowd([]int{1, 2, 2}, 2, true) // side by side
	crowd([]int{2, 2}, 1, true)
	crowd([]int{2, 2}, 1, false)
	if !t.Failed() {
		d.check(t)
	}
	if t.Failed() {
		t.Fatalf("%+v", d)
	}
	return max(int(count.Load()), 1)
}

// deployed is what an app of the newer version shows.
type deployed struct {
	Users   map[string]v2.User
	ByLast  map[string][]string
	History map[string][]string
	Letters map[string]bool
}

func tellDeployed(t *testing.T, app *v2.App) deployed {
	t.Helper()
	all := deployed{ByLast: map[string][]string{}, History: map[string][]string{},
		Letters: map[string]bool{}}
	check := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	var err error
	all.Users, err = brook.Map(app.Views.Users.All())
	check(err)
	for n := range 10 {
		for u, err := range app.Views.Users.ByLast(fmt.Sprint(n)) {
			check(err)
			all.ByLast[u.Last] = append(all.ByLast[u.Last], u.ID)
		}
	}
	for id := range all.Users {
		events, err := app.Views.Users.Events(id)
		check(err)
		for _, e := range events {
			all.History[id] = append(all.History[id],
				fmt.Sprintf("%s %s %v", e.Position, e.Type, e.Data))
		}
	}
	for l, err := range app.DeadLetters() {
		check(err)
		all.Letters[fmt.Sprint(l.Position, l.Stage, l.Set, l.Attempts == 0)] = true
	}
	return all
}

func (d deploy) check(t *testing.T) {
	t.Helper()
	pass := deploy{dir: t.TempDir(), seed: d.seed, partitions: d.partitions}
	show := func(d deploy, s brook.Store) deployed {
		log, sent, err := d.log()
		if err != nil {
			t.Fatal(err)
		}
		defer sent.Close()
		app, err := v2.NewApp(deployConfig(log, s), v2.Orders{})
		if err != nil {
			t.Fatal(err)
		}
		defer app.Close()
		if s.(brook.Durable).Durable() { // nobody runs it: it stands where the processes left it
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			partitions, err := log.Partitions(ctx, "deploy")
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range partitions {
				if err := app.WaitFor(ctx,
					brook.Position{Topic: p.Topic, Partition: p.Number,
						Offset: p.End - 1}); err != nil && !errors.Is(err, brook.ErrDeadLetter) {
					t.Error(err)
				}
			}
		} else if err := app.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		return tellDeployed(t, app)
	}
	want := show(pass, mapstore.New())
	if len(want.Letters) == 0 || len(want.Users) == 0 || len(want.ByLast) == 0 {
		t.Fatalf("a dull story: %.2000s", fmt.Sprint(want))
	}
	got := show(d, open(t, client(t), d.prefix))
	a, b := reflect.ValueOf(got), reflect.ValueOf(want)
	for i := range a.NumField() {
		if !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()) {
			t.Errorf("%s\n got %.1500s\nwant %.1500s", a.Type().Field(i).Name,
				fmt.Sprint(a.Field(i)), fmt.Sprint(b.Field(i)))
		}
	}
	heard, due := d.heard(t), pass.heard(t)
	lost := 0
	for order, bill := range due {
		if got := heard[order]; got != bill {
			if lost++; lost <= 5 {
				t.Errorf("the receiver has %+v, want %+v; published:\n%s", got, bill,
					d.published(t, order))
			}
		}
		delete(heard, order)
	}
	if lost > 5 {
		t.Errorf("the receiver lacks %d of %d emissions", lost, len(due))
	}
	if len(heard) > 0 || len(due) == 0 {
		t.Errorf("the receiver has %v besides", heard)
	}
}

// published returns the headers of the records of an order that were published, and their
// places in the file.
func (d deploy) published(t *testing.T, order string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(d.dir, "sent"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for i, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		var r brook.Record
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		if string(r.Key) == order {
			fmt.Fprintf(&all, "line %d, partition %d:", i, r.Partition)
			for _, h := range r.Headers {
				fmt.Fprintf(&all, " %s=%s", h.Key, h.Value)
			}
			all.WriteByte('\n')
		}
	}
	return all.String()
}

// heard is what an app made of the emissions, in the order in which they were published.
func (d deploy) heard(t *testing.T) map[string]relay.Bill {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(d.dir, "sent"))
	if err != nil {
		t.Fatal(err)
	}
	log := memdriver.New(memdriver.Topic("bills", 3), memdriver.Topic("orders", 3))
	for line := range strings.Lines(string(data)) {
		var r brook.Record
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		if _, err := log.Publish(t.Context(), []brook.Record{r}); err != nil {
			t.Fatal(err)
		}
	}
	app, err := relay.NewApp(brook.Config{Author: "relay", Driver: log, Store: mapstore.New(),
		Log: config(nil, nil).Log}, relay.Billing{})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	bills, err := brook.Map(app.Views.Bills.All())
	if err != nil {
		t.Fatal(err)
	}
	return bills
}
