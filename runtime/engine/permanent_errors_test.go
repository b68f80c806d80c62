package engine_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

var errForGood = fmt.Errorf("broken for the test: %w", brook.ErrPermanent)

// brokenStore is broken for good in what its functions say, once it is switched on.
type brokenStore struct {
	brook.Store
	fenced bool
	on     atomic.Bool
	mu     sync.Mutex
	names  map[brook.Table]string
	commit func(s *brokenStore, b *brook.Batch) bool
	get    func(table string) bool
	hear   bool
}

func (s *brokenStore) Fenced() bool  { return s.fenced }
func (s *brokenStore) Durable() bool { return s.fenced }

func (s *brokenStore) Table(ctx context.Context, spec brook.TableSpec) (brook.Table, error) {
	t, err := s.Store.Table(ctx, spec)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names[t] = spec.Name
	return t, err
}

func (s *brokenStore) name(t brook.Table) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.names[t]
}

func (s *brokenStore) Commit(ctx context.Context, b *brook.Batch) error {
	if s.on.Load() && s.commit != nil && s.commit(s, b) {
		return errForGood
	}
	return s.Store.Commit(ctx, b)
}

func (s *brokenStore) Latest() brook.Reader { return brokenReader{s.Store.Latest(), s} }

type brokenReader struct {
	brook.Reader
	s *brokenStore
}

func (r brokenReader) Get(ctx context.Context, t brook.Table, key []byte) (brook.Value, error) {
	if r.s.on.Load() && r.s.get != nil && r.s.get(r.s.name(t)) {
		return brook.Value{}, errForGood
	}
	return r.Reader.Get(ctx, t, key)
}

func (s *brokenStore) Announcements(ctx context.Context,
	_ []brook.Table) iter.Seq2[brook.Announcement, error] {
	return func(yield func(brook.Announcement, error) bool) {
		for ctx.Err() == nil {
			if s.on.Load() && s.hear {
				yield(brook.Announcement{}, errForGood)
				return
			}
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
			}
		}
	}
}

// touches returns a function that tells commits by the end of a table's name.
func touches(table string) func(*brokenStore, *brook.Batch) bool {
	return func(s *brokenStore, b *brook.Batch) bool {
		for _, w := range b.Writes {
			if strings.HasSuffix(s.name(w.Table), table) {
				return true
			}
		}
		return false
	}
}

// What a store is broken for good in ends Run with that error, in whichever of its loops it shows,
// and nothing waits for it (rule 39).
func TestPermanentErrorsEndRun(t *testing.T) {
	for name, c := range map[string]struct {
		store   *brokenStore
		publish bool // an event while it is broken
		rebuild bool // Rebuild returns the error
	}{
		"commit of a lane":  {store: &brokenStore{commit: touches("rows/accounts")}, publish: true},
		"read of a handler": {store: &brokenStore{get: func(table string) bool { return strings.HasSuffix(table, "rows/accounts") }}, publish: true},
		"removal from the outbox": {store: &brokenStore{commit: func(_ *brokenStore,
			b *brook.Batch) bool {
			return len(b.Writes) == 1 && b.Writes[0].Op == brook.Remove
		}}, publish: true},
		"beat of who folds": {store: &brokenStore{fenced: true, commit: touches("/state")}},
		"the lease":         {store: &brokenStore{fenced: true, commit: touches("/sending")}},
		"listening":         {store: &brokenStore{fenced: true, hear: true}},
		"Rebuild":           {store: &brokenStore{commit: touches("/2/positions")}, rebuild: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := c.store
				s.Store, s.names = newStore(), map[brook.Table]string{}
				conf := config(memdriver.New(), s)
				app := newLedger(t, conf, &ledger.Audit{})
				done := make(chan error, 1)
				go func() { done <- app.Run(t.Context()) }()
				if err := app.WaitFor(t.Context(), must(t)(app.Publish.Opened(t.Context(),
					ledger.Opened{Account: "a"}))); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				s.on.Store(true)
				if c.publish {
					must(t)(app.Publish.Moved(t.Context(),
						ledger.Moved{Account: "a", Order: "emit"}))
				}
				if c.rebuild {
					if err := app.Rebuild(t.Context()); !errors.Is(err, brook.ErrPermanent) {
						t.Errorf("Rebuild: %v", err)
					}
					if err := app.Close(); err != nil {
						t.Error(err)
					}
					if err := <-done; err != nil {
						t.Errorf("Run: %v", err)
					}
					return
				}
				select {
				case err := <-done:
					if !errors.Is(err, brook.ErrPermanent) {
						t.Errorf("Run: %v", err)
					}
				case <-time.After(time.Minute):
					t.Error("Run goes on over a broken store")
				}
				if err := app.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// Run and Close at once, in any order, end both: Run with nil or ErrClosed.
func TestRunAndCloseAtOnce(t *testing.T) {
	for range 300 {
		app := newLedger(t, config(memdriver.New(), newStore()), &ledger.Audit{})
		start := make(chan struct{})
		ran, closed := make(chan error, 1), make(chan error, 1)
		go func() { <-start; ran <- app.Run(t.Context()) }()
		go func() { <-start; closed <- app.Close() }()
		close(start)
		if err := <-ran; err != nil && !errors.Is(err, brook.ErrClosed) {
			t.Fatalf("Run: %v", err)
		}
		if err := <-closed; err != nil {
			t.Fatalf("Close: %v", err)
		}
		for _, run := range []func(context.Context) error{app.Run, app.CatchUp} {
			if err := run(t.Context()); !errors.Is(err, brook.ErrClosed) {
				t.Fatalf("after Close: %v", err)
			}
		}
	}
}

// Close ends calls that wait for a store that refuses their commits, or for their turn, with
// ErrClosed.
func TestCloseEndsWaitingCalls(t *testing.T) {
	for name, store := range map[string]func() brook.Store{
		"the process's own": func() brook.Store { return struct{ brook.Store }{newStore()} },
		"shared":            func() brook.Store { return newShared() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				full := &fullStore{Store: store()}
				app := newLedger(t, config(memdriver.New(), full), &ledger.Audit{})
				if err := app.Process.Opened(t.Context(), ledger.Opened{Account: "a"}); err != nil {
					t.Fatal(err)
				}
				full.set(true, false)
				done := make(chan error, 3)
				for range cap(done) {
					go func() {
						done <- app.Process.Opened(context.Background(),
							ledger.Opened{Account: "a"})
					}()
				}
				time.Sleep(time.Minute)
				began := time.Now()
				if err := app.Close(); err != nil {
					t.Error(err)
				}
				for range cap(done) {
					if err := <-done; !errors.Is(err, brook.ErrClosed) {
						t.Errorf("Process: %v", err)
					}
				}
				if d := time.Since(began); d > time.Second {
					t.Errorf("Close took %s", d)
				}
			})
		})
	}
}
