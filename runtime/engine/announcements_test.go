package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// announcing is a shared store that tells its processes what they write.
type announcing struct {
	*shared
	mu        sync.Mutex
	listeners map[*listener]bool
}

type listener struct {
	ready chan struct{}
	news  []brook.Announcement
	lost  error
}

func newAnnouncing() *announcing {
	return &announcing{shared: newShared(), listeners: map[*listener]bool{}}
}

func (s *announcing) Commit(ctx context.Context, b *brook.Batch) error {
	if err := s.shared.Commit(ctx, b); err != nil {
		return err
	}
	var news []brook.Announcement
	for _, w := range b.Writes {
		news = append(news, brook.Announcement{Table: w.Table, Key: bytes.Clone(w.Key)})
	}
	s.tell(nil, news...)
	return nil
}

// tell hands news, or the loss of the subscription, to all.
func (s *announcing) tell(lost error, news ...brook.Announcement) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for l := range s.listeners {
		l.news, l.lost = append(l.news, news...), errors.Join(l.lost, lost)
		select {
		case l.ready <- struct{}{}:
		default:
		}
	}
}

func (s *announcing) Announcements(ctx context.Context,
	tables []brook.Table) iter.Seq2[brook.Announcement, error] {
	return func(yield func(brook.Announcement, error) bool) {
		l := &listener{ready: make(chan struct{}, 1), news: []brook.Announcement{{Missed: true}}}
		l.ready <- struct{}{}
		s.mu.Lock()
		s.listeners[l] = true
		s.mu.Unlock()
		defer func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			delete(s.listeners, l)
		}()
		for {
			select {
			case <-l.ready:
			case <-ctx.Done():
				return
			}
			s.mu.Lock()
			news, lost := l.news, l.lost
			l.news = nil
			s.mu.Unlock()
			for _, n := range news {
				if (n.Table == nil || slices.Contains(tables, n.Table)) && !yield(n, nil) {
					return
				}
			}
			if lost != nil {
				yield(brook.Announcement{}, lost)
				return
			}
		}
	}
}

// another opens an app that is not run.
func another(t *testing.T, d brook.Driver, s brook.Store) *ledger.App {
	t.Helper()
	app, err := ledger.NewApp(config(d, s), ledger.Books{}, &ledger.Audit{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
	return app
}

func process(t *testing.T, app *ledger.App, accounts ...string) {
	t.Helper()
	for _, id := range accounts {
		if err := app.Process.Opened(t.Context(),
			ledger.Opened{Account: id, Email: id}); err != nil {
			t.Fatal(err)
		}
	}
}

// A process that folds nothing hears how far another one got.
func TestWaitForWhatAnotherProcessFolds(t *testing.T) {
	d, s := log(t, 3, nil), newAnnouncing()
	idle := another(t, d, s)
	h := open(t, config(d, s), &ledger.Audit{})
	for i := range 50 {
		id := fmt.Sprint(i)
		pos, err := h.Publish.Opened(h.ctx, ledger.Opened{Account: id})
		if err == nil {
			err = idle.WaitFor(h.ctx, pos)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := idle.Views.Accounts.Get(id); err != nil {
			t.Fatal(err)
		}
		if i%20 == 10 {
			s.tell(errors.New("the subscription is lost")) // what is folded until there is a new one is read from the store
		}
	}
	if err := h.Rebuild(h.ctx); err != nil {
		t.Fatal(err)
	}
	pos, err := h.Publish.Opened(h.ctx, ledger.Opened{Account: "late"})
	if err == nil {
		err = idle.WaitFor(h.ctx, pos)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := idle.Views.Accounts.Get("late"); err != nil {
		t.Error(err)
	}
}

// A process without traffic goes on to the views that another one rebuilt, and so do its watchers.
func TestIdleProcessesFollowARebuild(t *testing.T) {
	d, s := log(t, 1, nil), newAnnouncing()
	idle, runs, builder := another(t, d, s), open(t, config(d, s), &ledger.Audit{}), another(t, d,
		s)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for round := range 3 {
		process(t, builder, "a")
		gone := func(app *ledger.App) error {
			for u, err := range app.Views.Accounts.Watch(ctx, "a") {
				if err != nil || !u.Present {
					return err
				}
			}
			return fmt.Errorf("the account is still there: %w", ctx.Err())
		}
		var wg sync.WaitGroup
		for name, app := range map[string]*ledger.App{"idle": idle, "runs": runs.App} {
			if _, err := app.Views.Accounts.Get("a"); err != nil {
				t.Fatal(err)
			}
			wg.Go(func() {
				if err := gone(app); err != nil {
					t.Errorf("round %d: %s: %v", round, name, err)
				}
			})
		}
		if err := builder.Rebuild(ctx); err != nil { // forgets what was processed
			t.Fatal(err)
		}
		wg.Wait()
	}
	runs.wait(runs.Publish.Opened(ctx, ledger.Opened{Account: "b"})) // it goes on where the builder switched
	if _, err := idle.Views.Accounts.Get("b"); err != nil {
		t.Error(err)
	}
}

// Without announcements too nobody reads views that were replaced for more than a few seconds, or
// that are under removal.
func TestReplacedViewsAreReadWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s := memdriver.New(), newShared()
		builder, err := ledger.NewApp(config(d, s), ledger.Books{}, &ledger.Audit{})
		if err != nil {
			t.Fatal(err)
		}
		defer builder.Close()
		process(t, builder, "a", "b", "c")
		reader, err := ledger.NewApp(config(d, s), ledger.Books{}, &ledger.Audit{})
		if err != nil {
			t.Fatal(err)
		}
		defer reader.Close()
		rebuild := func() {
			t.Helper()
			if err := builder.Rebuild(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		length := func(want int) {
			t.Helper()
			if n, err := reader.Views.Accounts.Len(); n != want || err != nil {
				t.Errorf("%d accounts, %v; want %d", n, err, want)
			}
			err := reader.Views.Snapshot(t.Context(), func(v ledger.Views) error {
				n, err := v.Accounts.Len()
				if n != want {
					t.Errorf("%d accounts in a snapshot, want %d", n, want)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
			if _, err := reader.Views.Accounts.Get("b"); (err == nil) != (want > 1) {
				t.Errorf("Get: %v", err)
			}
		}
		length(3)
		rebuild()
		rebuild() // at once: the first views are still there
		length(3)
		time.Sleep(6 * time.Second)
		length(0)
		process(t, builder, "b", "c")
		length(2)

		// A scan that takes longer than views are kept.
		rows := 0
		var failed error
		for _, err := range reader.Views.Accounts.All() {
			if failed = err; err == nil {
				rows++
			}
			rebuild()
			time.Sleep(70 * time.Second)
			rebuild() // removes what is scanned
		}
		if rows != 1 || !errors.Is(failed, brook.ErrSnapshotMoved) {
			t.Errorf("%d rows, %v; want 1 and ErrSnapshotMoved", rows, failed)
		}
		length(0)

		// A snapshot likewise: it is taken anew.
		process(t, builder, "b")
		tries := 0
		err = reader.Views.Snapshot(t.Context(), func(v ledger.Views) error {
			if tries++; tries == 1 {
				rebuild()
				time.Sleep(70 * time.Second)
				rebuild()
			}
			n, err := v.Accounts.Len()
			if tries > 1 && n != 0 {
				t.Errorf("%d accounts in try %d", n, tries)
			}
			return err
		})
		if err != nil || tries != 2 {
			t.Errorf("%d tries, %v", tries, err)
		}
	})
}
