package engine_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/fault"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
)

// Close ends what it meets at any point, and once it returned nil, nothing is committed any more.
func TestNothingIsCommittedAfterClose(t *testing.T) {
	for stored, store := range waitingStores {
		for _, c := range waitingCalls[:5] { // those that commit
			t.Run(c.name+"/"+stored, func(t *testing.T) {
				for range 40 {
					on := openTroubled(t, store(), fault.Fail)
					start := make(chan struct{})
					var calls sync.WaitGroup
					for range 3 {
						calls.Go(func() {
							<-start
							err := c.call(t.Context(), on.app, on.pos)
							if err != nil && !errors.Is(err, brook.ErrClosed) &&
								!errors.Is(err, brook.ErrRunning) {
								t.Errorf("%s: %v", c.name, err)
							}
						})
					}
					close(start)
					if err := on.app.Close(); err != nil {
						t.Fatal(err)
					}
					on.store.closed.Store(true)
					calls.Wait()
					if n := on.store.late.Load(); n > 0 {
						t.Fatalf("%d commits after Close", n)
					}
				}
			})
		}
	}
}

// Who closes the app between two steps of Drop or Redrive finds that nothing more is committed.
func TestCloseInAFilter(t *testing.T) {
	for stored, store := range waitingStores {
		type call = func(*ledger.App, context.Context, func(brook.DeadLetter) bool) (int, error)
		for name, call := range map[string]call{"Drop": (*ledger.App).Drop,
			"Redrive": (*ledger.App).Redrive} {
			t.Run(name+"/"+stored, func(t *testing.T) {
				for range 100 {
					on := openTroubled(t, store(), fault.Fail)
					n, err := call(on.app, t.Context(), func(brook.DeadLetter) bool {
						if err := on.app.Close(); err != nil {
							t.Error(err)
						}
						on.store.closed.Store(true)
						return true
					})
					if n != 0 || !errors.Is(err, brook.ErrClosed) || on.store.late.Load() > 0 {
						t.Fatalf("%d, %v, and %d commits after Close", n, err, on.store.late.Load())
					}
				}
			})
		}
	}
}

// lateStore counts the commits that come once it is told that the app is closed.
type lateStore struct {
	brook.Store
	closed atomic.Bool
	late   atomic.Int64
}

func (s *lateStore) Fenced() bool {
	f, ok := s.Store.(brook.Fenced)
	return ok && f.Fenced()
}

func (s *lateStore) Durable() bool { return true }

func (s *lateStore) Commit(ctx context.Context, b *brook.Batch) error {
	if s.closed.Load() {
		s.late.Add(1)
	}
	return s.Store.Commit(ctx, b)
}

// Close says whom it waits for, and blames no handler for a store that does not heed its context.
func TestCloseSaysWhatItWaitsFor(t *testing.T) {
	for _, c := range waitingCalls[:5] {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSpy(newStore())
				on := openTroubled(t, s, fault.Fail)
				app := on.app
				release := make(chan struct{})
				s.onCommit(func(_ context.Context, _ *brook.Batch, do func() error) error {
					<-release
					return do()
				})
				done := make(chan error, 1)
				go func() { done <- c.call(t.Context(), app, on.pos) }()
				synctest.Wait()
				err := app.Close()
				if !errors.Is(err, brook.ErrRunning) || !strings.Contains(err.Error(), c.name) ||
					!strings.Contains(err.Error(), "store") ||
					strings.Contains(err.Error(), "handler") {
					t.Errorf("Close: %v", err)
				}
				close(release)
				if err := <-done; err != nil && !errors.Is(err, brook.ErrClosed) {
					t.Errorf("%s: %v", c.name, err)
				}
				if err := app.Close(); err != nil {
					t.Errorf("Close again: %v", err)
				}
			})
		})
	}
}
