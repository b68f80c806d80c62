package publisher_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

func TestLoad(t *testing.T) {
	d := newDisk()
	before := newRig(t, d, nil)
	before.emit(0, "a")
	before.emit(1, "b")
	r := newRig(t, d, nil)
	if err := r.Load(t.Context(), func(id partition.ID) bool { return id != in }); err != nil ||
		r.Outbox.Queued() != 0 {
		t.Errorf("loaded %d of other partitions: %v", r.Outbox.Queued(), err)
	}
	for range 2 { // what is here is not loaded again
		if err := r.Load(t.Context(), func(partition.ID) bool { return true }); err != nil {
			t.Fatal(err)
		}
	}
	r.publish(false)
	want(t, "published", r.broker.took(), "a:0 b:1")
	want(t, "stored", r.stored(), "")
}

// A store that is broken for good ends Run, though it is only the collection that finds out.
func TestCollectEndsRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, newDisk(), shared)
		defer r.hold()()
		done := make(chan error, 1)
		go func() { done <- r.Run(t.Context(), nil) }()
		time.Sleep(moment)
		r.store.fail(fmt.Errorf("%w: the disk is gone", brook.ErrPermanent))
		time.Sleep(2 * moment)
		select {
		case err := <-done:
			if !errors.Is(err, brook.ErrPermanent) {
				t.Errorf("Run ended with %v", err)
			}
		default:
			t.Fatal("Run goes on")
		}
		r.store.fail(nil)
	})
}

// A store that fails for a while is asked again, a beat later each time.
func TestCollectTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, newDisk(), shared)
		if _, err := r.RequireLease(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := r.Lease.Await(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.emit(0, "out")
		r.store.fail(errAway)
		for n := range 3 {
			time.Sleep(moment)
			if err := r.Collect(t.Context()); err != nil {
				t.Errorf("collected: %v", err)
			}
			if f := r.failures(); len(f) != n+1 || f[n].Attempts != n+1 ||
				!errors.Is(f[n].Err, errAway) {
				t.Errorf("reported %+v", f)
			}
		}
		r.store.fail(nil)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		time.Sleep(moment)
		if err := r.Collect(ctx); err != nil {
			t.Error(err)
		}
		want(t, "collected", r.Outbox.Queued() > 0, true)
	})
}
