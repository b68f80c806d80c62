package faulttest_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
)

var errFail = errors.New("made to fail")

// audit fails on request.
func audit() *ledger.Audit {
	return &ledger.Audit{Do: func(_ context.Context, e brook.Event[ledger.Moved]) error {
		if e.Data.Order == "fail" {
			return errFail
		}
		return nil
	}}
}

// config is that of an instance of a service named as its topic.
func config(driver brook.Driver, store brook.Store, topic string) brook.Config {
	return brook.Config{Author: "ledger", Name: topic, Topic: topic, Driver: driver, Store: store,
		Log:   slog.New(slog.DiscardHandler),
		Retry: brook.Retry{Attempts: 3, Min: time.Millisecond, Max: 100 * time.Millisecond}}
}

func badger(t *testing.T, dir string) *badgerstore.Store {
	t.Helper()
	s, err := badgerstore.Open(dir, badgerstore.Log(slog.New(slog.DiscardHandler)),
		badgerstore.Memory(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close of the store: %v", err)
		}
	})
	return s
}

// An instance is an app that runs.
type instance struct {
	*ledger.App
	t        *testing.T
	driver   brook.Driver
	topic    string
	failures failures
	once     sync.Once
	cancel   context.CancelFunc
	result   chan error
}

// run makes an app and runs it until the test ends, or stop is called.
func run(t *testing.T, c brook.Config, audit *ledger.Audit) *instance {
	t.Helper()
	i := &instance{t: t, driver: c.Driver, topic: c.Topic, result: make(chan error, 1)}
	i.failures.changed = make(chan struct{})
	c.Hooks.Failure = i.failures.add
	var err error
	if i.App, err = ledger.NewApp(c, ledger.Books{}, audit); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	i.cancel = cancel
	go func() { i.result <- i.Run(ctx) }()
	t.Cleanup(func() {
		i.stop()
		if err := i.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return i
}

// stop ends Run, which must not have failed.
func (i *instance) stop() {
	i.once.Do(func() {
		i.cancel()
		if err := <-i.result; err != nil {
			i.t.Errorf("Run: %v", err)
		}
		if all := i.failures.String(); all != "" {
			i.t.Logf("failures that were made up for: %s", all)
		}
	})
}

// fails waits for the end of Run, which is to be an error.
func (i *instance) fails(ctx context.Context) (err error) {
	i.t.Helper()
	i.once.Do(func() {
		defer i.cancel()
		select {
		case err = <-i.result:
		case <-ctx.Done():
			i.t.Fatalf("Run goes on; failures: %s", i.failures.String())
		}
	})
	return err
}

// pass waits for a position, whose event may be a dead letter.
func (i *instance) pass(ctx context.Context, pos brook.Position) {
	i.t.Helper()
	if err := i.WaitFor(ctx, pos); err != nil && !errors.Is(err, brook.ErrDeadLetter) {
		i.t.Fatalf("%v; failures: %s", err, i.failures.String())
	}
}

// finish has instances of one group fold the log to its end, stops them, and then, when the group
// has no members any more, has each publish what is left and fold that.
func finish(ctx context.Context, all ...*instance) {
	for _, i := range all {
		i.t.Helper()
		for _, pos := range ends(i.t, ctx, i.driver, i.topic) {
			i.pass(ctx, pos)
		}
	}
	for _, i := range all {
		i.stop()
	}
	for range 2 { // what the later ones publish is news to the earlier ones
		for n, i := range all {
			if err := i.CatchUp(ctx); err != nil {
				i.t.Fatalf("CatchUp of %d: %v; failures: %s", n, err, i.failures.String())
			}
		}
	}
}

// failures counts what hooks reported.
type failures struct {
	mu      sync.Mutex
	count   map[string]int
	last    map[string]error
	changed chan struct{} // closed and replaced at every change
}

func (f *failures) add(failure brook.Failure) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count == nil {
		f.count, f.last = map[string]int{}, map[string]error{}
	}
	f.count[failure.What]++
	f.last[failure.What] = failure.Err
	close(f.changed)
	f.changed = make(chan struct{})
}

// await waits until something failed so often.
func (f *failures) await(t *testing.T, ctx context.Context, what string, times int) {
	t.Helper()
	for {
		f.mu.Lock()
		n, changed := f.count[what], f.changed
		f.mu.Unlock()
		if n >= times {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("%q failed %d times, want %d; failures: %s", what, n, times, f.String())
		}
	}
}

func (f *failures) times(what string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.count[what]
}

func (f *failures) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := ""
	for _, what := range slices.Sorted(maps.Keys(f.count)) {
		all += fmt.Sprintf("\n%s: %d times, the last one: %.400v", what, f.count[what],
			f.last[what])
	}
	return all
}
