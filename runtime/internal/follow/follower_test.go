package follow_test

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/follow"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/ids"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/lifetime"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/placement"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/publisher"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/watch"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

// heard is one element of a sequence of announcements.
type heard struct {
	brook.Announcement
	err error
}

// announcer is a store that announces what its test sends.
type announcer struct {
	brook.Store
	news  chan heard
	calls atomic.Int32 // of Announcements
}

func (a *announcer) Announcements(
	ctx context.Context, _ []brook.Table,
) iter.Seq2[brook.Announcement, error] {
	a.calls.Add(1)
	return func(yield func(brook.Announcement, error) bool) {
		for {
			select {
			case h := <-a.news:
				if !yield(h.Announcement, h.err) || h.err != nil {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}
}

// rig is a follower that runs.
type rig struct {
	*follow.Follower
	store    *announcer
	failures []brook.Failure
	broke    []error
	woken    int
}

// newRig runs a follower until the test's bubble ends.
func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{store: &announcer{Store: mapstore.New(), news: make(chan heard)}}
	ctx, cancel := context.WithCancel(context.Background())
	config := &brook.Config{
		Author: "me", Name: "me", Store: r.store, Log: slog.New(slog.DiscardHandler),
		ShutdownTimeout: time.Second, Retry: brook.Retry{Min: time.Second, Max: time.Minute},
	}
	config.Hooks.Failure = func(f brook.Failure) { r.failures = append(r.failures, f) }
	rep := report.New(config.Name, config.Log, config.Hooks)
	code := plan.New("in", nil, nil, nil, nil, nil)
	loop := &retry.Loop{Policy: config.Retry, Report: rep}
	source, lock, reader := ids.New(), &quiesce.Lock{}, r.store.Latest()
	cat := catalog.New(catalog.Parts{
		Life:   lifetime.New(ctx, config.ShutdownTimeout),
		Config: config, Code: code, Reader: reader, IDs: source, Lock: lock, Retry: loop,
		Owner: catalog.Owner{
			Taken:   func(context.Context) error { return nil },
			Renewed: func(bool) {}, Shown: func(bool) {}, Installed: func(*generation.Generation) {},
			Positions: func() map[partition.ID]int64 { return nil },
			Reload: func(context.Context, *generation.Generation) (func(), error) {
				return func() {}, nil
			},
		},
	})
	out := outbox.New()
	p := &publisher.Publisher{
		Config: config, Code: code, Catalog: cat, Store: r.store, Reader: reader, Lock: lock,
		Ids: source, Report: rep, Retry: loop, Outbox: out, Destinations: placement.NewDestinations(nil),
	}
	if err := errors.Join(cat.Open(ctx), p.Open(ctx)); err != nil {
		t.Fatal(err)
	}
	r.Follower = follow.New(follow.Parts{
		Catalog: cat, Publisher: p, Outbox: out, Progress: input.NewProgress(), Hub: watch.NewHub(),
		Store: r.store, Reader: reader, Report: rep, Retry: loop,
		Wake:  func() { r.woken++ },
		Broke: func(err error) { r.broke = append(r.broke, err) },
	})
	var work sync.WaitGroup
	r.Run(ctx, &work)
	t.Cleanup(func() {
		cancel()
		work.Wait()
	})
	synctest.Wait()
	return r
}

// say announces something and waits until the follower has dealt with it.
func (r *rig) say(h heard) {
	r.store.news <- h
	synctest.Wait()
}

// commit stores a position as another process does, without announcing it.
func (r *rig) commit(t *testing.T, id partition.ID, next int64) []byte {
	t.Helper()
	key := id.AppendKey(nil)
	err := r.store.Commit(context.Background(), &brook.Batch{Writes: []brook.Write{{
		Table: r.Catalog.Live().Positions, Key: key, Value: partition.Stored{Next: next}.Encode(),
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// An announced position is read from the store, and only that one.
func TestPositionThatIsAnnouncedIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		one, two := partition.ID{Topic: "in"}, partition.ID{Topic: "in", Number: 1}
		key := r.commit(t, one, 7)
		r.commit(t, two, 9)
		table := r.Catalog.Live().Positions
		r.say(heard{Announcement: brook.Announcement{Table: table, Key: key}})
		if a, b := r.Progress.At(one), r.Progress.At(two); a != 7 || b != 0 {
			t.Errorf("one partition stands at %d, the other at %d", a, b)
		}
		r.say(heard{Announcement: brook.Announcement{Table: table, Missed: true}})
		if b := r.Progress.At(two); b != 9 {
			t.Errorf("after announcements of the table were missed, the other stands at %d", b)
		}
	})
}

// After a gap of all tables, all positions are read, and watchers hear that they missed something.
func TestGapOfAllTables(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		id := partition.ID{Topic: "in"}
		r.commit(t, id, 5)
		w := r.Hub.Subscribe(context.Background(), 0, nil)
		defer w.Close()
		r.say(heard{Announcement: brook.Announcement{Missed: true}})
		if _, missed, _ := w.Take(); !missed || r.Progress.At(id) != 5 {
			t.Errorf("missed is %t, and the position %d", missed, r.Progress.At(id))
		}
	})
}

// A store that stops to announce is listened to again, after longer and longer waits; an error for
// good ends that.
func TestListeningBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		away := errors.New("away")
		for i := range 3 {
			r.say(heard{err: away})
			if r.store.calls.Load() != int32(i+1) {
				t.Fatalf("it listens for the %dth time without a wait", i+1)
			}
			time.Sleep(4 * time.Second)
			synctest.Wait()
		}
		if len(r.failures) != 3 || r.failures[2].Attempts != 3 || len(r.broke) != 0 {
			t.Errorf("reported %v, and noted %v", r.failures, r.broke)
		}
		r.say(heard{err: brook.ErrPermanent})
		time.Sleep(time.Hour)
		if len(r.failures) != 4 || !r.failures[3].Final || len(r.broke) != 1 ||
			r.store.calls.Load() != 4 {
			t.Errorf("reported %v, noted %v, listened %d times", r.failures, r.broke,
				r.store.calls.Load())
		}
	})
}

// When the live tables are others, they are listened to at once, and nothing is reported.
func TestRelisten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.Relisten()
		synctest.Wait()
		if r.store.calls.Load() != 2 || len(r.failures) != 0 {
			t.Errorf("listened %d times, reported %v", r.store.calls.Load(), r.failures)
		}
	})
}

// A store that announces nothing is not followed.
func TestStoreWithoutAnnouncements(t *testing.T) {
	var work sync.WaitGroup
	f := follow.New(follow.Parts{Store: mapstore.New(), Hub: watch.NewHub()})
	f.Relisten()
	f.Renewed(true)
	f.Run(context.Background(), &work)
	work.Wait()
	if f.Hub.Remote {
		t.Error("watchers wait for announcements that do not come")
	}
}
