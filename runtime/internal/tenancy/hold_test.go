package tenancy

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/fakestore"
	"github.com/brookgen/brookgen/runtime/internal/lifetime"
)

// app is an app with a hold on the name shop, which counts what is asked of it.
type app struct {
	*Hold
	life          *lifetime.App
	live          int
	taken, roused int
	err           error // of Taken
}

func newApp(t *testing.T, s brook.Store) *app {
	a := &app{life: lifetime.New(context.Background(), time.Second), live: 1}
	t.Cleanup(a.life.End)
	a.Hold = New(Parts{
		Config: &brook.Config{Name: "shop", Store: s}, Life: a.life,
		Live: func() int { return a.live },
		Taken: func(context.Context) error {
			a.taken++
			return a.err
		},
		Rouse: func() { a.roused++ },
	})
	return a
}

func (a *app) take(t *testing.T) (release func()) {
	t.Helper()
	release, err := a.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return release
}

func (a *app) wantErr(t *testing.T, ctx context.Context, target error) {
	t.Helper()
	if _, err := a.Take(ctx); !errors.Is(err, target) {
		t.Errorf("the error is %v, want %v", err, target)
	}
}

func want[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// One app at a time has the name, until its last call is through, and one that follows another
// reads the store anew.
func TestTake(t *testing.T) {
	s := fakestore.Held(fakestore.New())
	a, b := newApp(t, s), newApp(t, s)
	first, second := a.take(t), a.take(t)
	b.wantErr(t, t.Context(), brook.ErrRunning)
	first()
	b.wantErr(t, t.Context(), brook.ErrRunning)
	second()
	want(t, "reads of the first", a.taken, 0)

	b.take(t)()
	want(t, "reads of one that follows another", b.taken, 1)
	b.take(t)()
	want(t, "reads of one that follows itself", b.taken, 1)

	failed := errors.New("the store is away")
	a.err = failed
	a.wantErr(t, t.Context(), failed)
	b.take(t)() // a let go of it
	a.err = nil
	a.take(t)()
	want(t, "reads of a, the first in vain", a.taken, 2)
}

// Who waits for the name learns why the wait ended.
func TestTakeEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := fakestore.Held(fakestore.New())
		a, b := newApp(t, s), newApp(t, s)
		_, end, ok := b.Clean(t.Context())
		want(t, "b cleans", ok, true)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		a.wantErr(t, ctx, context.DeadlineExceeded) // b does not end
		time.AfterFunc(time.Minute, a.life.End)
		a.wantErr(t, t.Context(), brook.ErrClosed)
		end()
		b.take(t)()
	})
}

// An app that folds elsewhere ends a removal and keeps others from beginning; who missed one is
// roused when it takes the name.
func TestClean(t *testing.T) {
	s := fakestore.Held(fakestore.New())
	a, b := newApp(t, s), newApp(t, s)
	cleaning, end, ok := b.Clean(t.Context())
	want(t, "while nobody folds", ok, true)
	done := make(chan func())
	go func() { done <- a.take(t) }()
	<-cleaning.Done()
	end()
	release := <-done
	_, _, ok = b.Clean(t.Context())
	want(t, "while another folds", ok, false)
	_, end, ok = a.Clean(t.Context())
	want(t, "by the one that folds", ok, true)
	end()
	release()
	want(t, "roused", a.roused+b.roused, 0)
	b.take(t)()
	want(t, "roused for what it missed", b.roused, 1)
	b.take(t)()
	want(t, "roused once", b.roused, 1)

	cleaning, end, ok = b.Clean(t.Context())
	want(t, "by the one that folded last", ok, true)
	go func() { done <- a.take(t) }()
	<-cleaning.Done()
	end() // it was interrupted
	(<-done)()
	b.take(t)()
	want(t, "roused for what was interrupted", b.roused, 2)
	want(t, "a was not", a.roused, 0)

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, end, ok := b.Clean(ended); ok {
		end()
	}
	b.take(t)()
	want(t, "not roused if its own context ended", b.roused, 2)
}

// What the app that has the name promotes, the others learn, and rouse it in the end.
func TestPublish(t *testing.T) {
	s := fakestore.Held(fakestore.New())
	a, b := newApp(t, s), newApp(t, s)
	want(t, "displaced before", b.Displaced(), false)
	b.live = 7
	b.Publish() // it does not have the name
	release := a.take(t)
	want(t, "displaced by an older one", b.Displaced(), true)
	b.live = 1
	want(t, "displaced by the same", b.Displaced(), false)
	a.live = 2
	want(t, "displaced by what it published itself", a.Displaced(), false)
	want(t, "displaced before it is published", b.Displaced(), false)
	a.Publish()
	want(t, "displaced", b.Displaced(), true)
	b.Rouse()
	want(t, "roused", a.roused, 1)
	if a.PinsOf(1) != b.PinsOf(1) || a.PinsOf(1) == a.PinsOf(2) {
		t.Error("pins are shared by name and number")
	}
	release()
	b.Rouse()
	want(t, "roused though nobody has the name", a.roused, 1)
}

// Over a store that others write too, or that knows nothing of its apps, a hold does nothing.
func TestHoldWithoutNames(t *testing.T) {
	plain := fakestore.New()
	shared := sharedHolder{fakestore.Held(plain)}
	for name, s := range map[string]brook.Store{
		"nothing known": plain, "several processes": shared,
	} {
		t.Run(name, func(t *testing.T) {
			a, b := newApp(t, s), newApp(t, s)
			defer a.take(t)()
			defer b.take(t)()
			ctx, end, ok := b.Clean(t.Context())
			want(t, "cleans", ok && ctx == t.Context(), true)
			end()
			a.Publish()
			a.Rouse()
			want(t, "displaced", b.Displaced(), false)
			if a.PinsOf(1) == b.PinsOf(1) {
				t.Error("pins are shared")
			}
			opened := 0
			if err := a.Open(func() error { opened++; return nil }); err != nil || opened != 1 {
				t.Errorf("opened %d times, %v", opened, err)
			}
		})
	}
}

// sharedHolder is a store that is a Holder, and that several processes write.
type sharedHolder struct{ brook.Store }

func (sharedHolder) Fenced() bool          { return true }
func (s sharedHolder) Holds() *brook.Holds { return s.Store.(brook.Holder).Holds() }

// One app of a name opens the store at a time.
func TestOpen(t *testing.T) {
	s := fakestore.Held(fakestore.New())
	var all sync.WaitGroup
	var within atomic.Int32
	for range 3 {
		a := newApp(t, s)
		all.Go(func() {
			_ = a.Open(func() error {
				if within.Add(1) > 1 {
					t.Error("two apps open the store")
				}
				time.Sleep(time.Millisecond)
				within.Add(-1)
				return nil
			})
		})
	}
	all.Wait()
}
