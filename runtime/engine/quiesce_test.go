package engine_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// must ends a test where a position could not be had, and returns it.
func must(t *testing.T) func(brook.Position, error) brook.Position {
	return func(pos brook.Position, err error) brook.Position {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return pos
	}
}

// apartAccounts opens accounts until there is one in each of n partitions, and returns them.
func apartAccounts(t *testing.T, app *ledger.App, n int) (names []string) {
	t.Helper()
	seen := map[int32]bool{}
	for i := 0; len(seen) < n; i++ {
		name := fmt.Sprint("account ", i)
		pos := must(t)(app.Publish.Opened(t.Context(), ledger.Opened{Account: name}))
		if !seen[pos.Partition] {
			seen[pos.Partition] = true
			names = append(names, name)
		}
		if err := app.WaitFor(t.Context(), pos); err != nil {
			t.Fatal(err)
		}
	}
	return names
}

// A handler that hangs, and who waits for it, holds up its own partition alone; who waits does so
// until his context ends (rule 39).
func TestWaitsEndWithTheirContexts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangs, release := make(chan struct{}), make(chan struct{})
		hanging := sync.OnceFunc(func() { close(hangs) }) // a handler may be rehearsed
		c := config(memdriver.New(memdriver.Partitions(2)), newStore())
		c.Retry.Attempts = 1
		app := newLedger(t, c, &ledger.Audit{Do: func(ctx context.Context, e brook.Event[ledger.Moved]) error {
			switch e.Data.Order {
			case "hang":
				hanging()
				<-release
			case "bad":
				return errors.New("bad")
			}
			return nil
		}})
		run, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- app.Run(run) }()
		names := apartAccounts(t, app, 2)
		slow, quick := names[0], names[1]
		bad := must(t)(app.Publish.Moved(run, ledger.Moved{Account: quick, Order: "bad"}))
		if err := app.WaitFor(run, bad); !errors.Is(err, brook.ErrDeadLetter) {
			t.Fatal(err)
		}
		hung := must(t)(app.Publish.Moved(run, ledger.Moved{Account: slow, Order: "hang"}))
		<-hangs
		for name, wait := range map[string]func(context.Context) error{
			"Process": func(ctx context.Context) error { return app.Process.Opened(ctx, ledger.Opened{Account: "x"}) },
			"Redrive": func(ctx context.Context) error { _, err := app.Redrive(ctx, nil); return err },
			"Drop":    func(ctx context.Context) error { _, err := app.Drop(ctx, nil); return err },
			"Rebuild": func(ctx context.Context) error { return app.Rebuild(ctx) },
		} {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			began, ended := time.Now(), make(chan error, 1)
			go func() { ended <- wait(ctx) }()
			for i := range 50 { // the other partition goes on
				pos := must(t)(app.Publish.Opened(run, ledger.Opened{Account: quick}))
				if err := app.WaitFor(run, pos); err != nil {
					t.Fatal(name, i, err)
				}
			}
			if d := time.Since(began); d > time.Second {
				t.Errorf("%s held up another partition for %s", name, d)
			}
			if err := <-ended; !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 11*time.Second {
				t.Errorf("%s: %v after %s", name, err, time.Since(began))
			}
			cancel()
		}
		// A straying event waits for the handler, too, and holds up its own partition alone; here
		// that is all that are left.
		stray := must(t)(app.Publish.Moved(run, ledger.Moved{Account: slow, From: quick, Order: "quiet"}))
		close(release)
		for _, pos := range []brook.Position{hung, stray} {
			if err := app.WaitFor(run, pos); err != nil {
				t.Error(err)
			}
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
}

// An event that strays waits for a slow handler in another partition, and a third one goes on
// meanwhile.
func TestStrayWaitsForASlowHandlerAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangs := make(chan struct{})
		hanging := sync.OnceFunc(func() { close(hangs) })
		app := newLedger(t, config(memdriver.New(memdriver.Partitions(3)), newStore()), &ledger.Audit{Do: func(ctx context.Context, e brook.Event[ledger.Moved]) error {
			if e.Data.Order == "slow" {
				hanging()
				time.Sleep(30 * time.Second)
			}
			return nil
		}})
		run, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- app.Run(run) }()
		names := apartAccounts(t, app, 3)
		began := time.Now()
		must(t)(app.Publish.Moved(run, ledger.Moved{Account: names[0], Order: "slow"}))
		<-hangs
		stray := must(t)(app.Publish.Moved(run, ledger.Moved{Account: names[1], From: names[2]}))
		for range 100 {
			if err := app.WaitFor(run, must(t)(app.Publish.Moved(run, ledger.Moved{Account: names[2]}))); err != nil {
				t.Fatal(err)
			}
		}
		if d := time.Since(began); d > time.Second {
			t.Errorf("the third partition was held up for %s", d)
		}
		if err := app.WaitFor(run, stray); err != nil || time.Since(began) > 2*time.Minute {
			t.Errorf("the stray event: %v after %s", err, time.Since(began))
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
}

// While a store takes nothing but removals, Drop gets through, whatever waits to commit; and what
// was refused is kept once (rule 39).
func TestDropIsTheWayOutOfAFullStore(t *testing.T) {
	for name, store := range map[string]func() brook.Store{
		"the process's own": func() brook.Store { return struct{ brook.Store }{newStore()} },
		"shared":            func() brook.Store { return newShared() },
	} {
		// Whether the commits that the store reports as refused are kept all the same: the answer
		// was lost.
		for _, lost := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", lost answers ", lost), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { dropOutOfFull(t, store(), lost) })
			})
		}
	}
}

func dropOutOfFull(t *testing.T, store brook.Store, lost bool) {
	full := &fullStore{Store: store}
	c := config(memdriver.New(memdriver.Partitions(2)), full)
	c.Retry = brook.Retry{Attempts: 1, Min: time.Second, Max: 5 * time.Second}
	app := newLedger(t, c, &ledger.Audit{Do: func(ctx context.Context, e brook.Event[ledger.Moved]) error {
		if e.Data.Order == "bad" {
			return errors.New("bad")
		}
		return nil
	}})
	run, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- app.Run(run) }()
	names := apartAccounts(t, app, 2)
	for range 3 {
		if err := app.WaitFor(run, must(t)(app.Publish.Moved(run, ledger.Moved{Account: names[0], Order: "bad"}))); !errors.Is(err, brook.ErrDeadLetter) {
			t.Fatal(err)
		}
	}
	full.set(true, lost)
	var moved []brook.Position
	for _, name := range names {
		moved = append(moved, must(t)(app.Publish.Moved(run, ledger.Moved{Account: name, Cents: 5, Order: "emit"})))
	}
	processed := make(chan error, 1)
	if full.Fenced() {
		go func() { processed <- app.Process.Moved(run, ledger.Moved{Account: names[1], Cents: 100}) }()
	} else {
		processed <- nil
	}
	time.Sleep(5 * time.Minute)
	began := time.Now()
	ctx, cancel := context.WithTimeout(run, time.Minute)
	defer cancel()
	n, err := app.Drop(ctx, func(l brook.DeadLetter) bool { return l.Position.Offset < moved[0].Offset })
	if err != nil || n != 4 && n != 3 {
		t.Fatalf("dropped %d, %v", n, err)
	}
	if d := time.Since(began); d > 10*time.Second {
		t.Errorf("Drop took %s", d)
	}
	full.set(false, false)
	if err := <-processed; err != nil {
		t.Error(err)
	}
	for _, pos := range moved {
		if err := app.WaitFor(run, pos); err != nil && !errors.Is(err, brook.ErrDeadLetter) {
			t.Error(err)
		}
	}
	for i, want := range []int64{5, 5} {
		if full.Fenced() && i == 1 {
			want += 100
		}
		account, err := app.Views.Accounts.Get(names[i])
		if err != nil || account.Balance != want {
			t.Errorf("%s: %d, want %d, %v", names[i], account.Balance, want, err)
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := app.Close(); err != nil {
		t.Error(err)
	}
}

// fullStore takes nothing but commits that remove something, while it is full.
type fullStore struct {
	brook.Store
	full, lost atomic.Bool
	mu         sync.Mutex
	kept       map[brook.BatchID]bool // though their answers were lost
}

func (s *fullStore) set(full, lost bool) {
	s.full.Store(full)
	s.lost.Store(lost)
}

func (s *fullStore) Fenced() bool {
	f, ok := s.Store.(brook.Fenced)
	return ok && f.Fenced()
}

func (s *fullStore) Durable() bool { return true }

func (s *fullStore) Commit(ctx context.Context, b *brook.Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	removes := false
	for _, w := range b.Writes {
		removes = removes || w.Op == brook.Remove
	}
	refuses := s.full.Load() && !removes
	if s.kept[b.ID] && s.Fenced() || refuses && !s.lost.Load() {
		if refuses {
			return errors.New("the store is full")
		}
		return nil
	}
	if err := s.Store.Commit(ctx, b); err != nil || !refuses {
		return err
	}
	if s.kept == nil {
		s.kept = map[brook.BatchID]bool{}
	}
	s.kept[b.ID] = true
	return errors.New("the answer was lost")
}
