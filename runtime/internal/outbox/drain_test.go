package outbox

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// draining begins to drain, and returns a function that reports whether that is over.
func draining(ctx context.Context, o *Outbox) (over func() bool) {
	done := make(chan struct{})
	go func() {
		o.Drain(ctx)
		close(done)
	}()
	synctest.Wait()
	return func() bool {
		synctest.Wait()
		select {
		case <-done:
			return true
		default:
			return false
		}
	}
}

// A drain is over when all that was queued was tried, and marked as far as that goes.
func TestDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		want(t, "of nothing", draining(t.Context(), r.Outbox)(), true)
		r.Checkpoints.Confirm(nil) // the next checkpoint is a second away
		r.down["a/0"] = true
		commit(r.Outbox, in, 0, "a")
		commit(r.Outbox, other, 0, "b")
		<-r.Wake()
		over := draining(t.Context(), r.Outbox)
		select {
		case <-r.Wake():
		default:
			t.Error("the publisher sleeps on")
		}
		commit(r.Outbox, other, 1, "b") // it is not waited for
		want(t, "untried", over(), false)
		r.Take(time.Now(), false)
		want(t, "in flight", over(), false)
		for item := range r.all {
			if item.Record.Topic == "a" {
				r.Land(map[*Item]error{item: errAway}, policy)
			}
		}
		want(t, "unmarked", over(), false)
		if due, _ := r.Checkpoints.Due(false, false); len(due) != 1 {
			t.Errorf("due at once: %v, want one", due)
		}
		r.Checkpoints.Forgo()
		want(t, "with a failing destination", over(), true)
		commit(r.Outbox, in, 1, "a")
		over = draining(t.Context(), r.Outbox)
		r.try(false)
		r.mark()
		want(t, "behind a failing destination", over(), true)
		ended, cancel := context.WithCancel(t.Context())
		commit(r.Outbox, in, 2, "a")
		over = draining(ended, r.Outbox)
		want(t, "untried again", over(), false)
		cancel()
		want(t, "without time", over(), true)
		want(t, "waits", len(r.drains), 0)
	})
}

// What is left to others is not waited for.
func TestDrainOfWhatIsLeft(t *testing.T) {
	leaves := map[string]func(r *rig){
		"lease": func(r *rig) { r.Lease.Require(false) },
		"group": func(r *rig) { r.Group.Join(true) },
		"clear": func(r *rig) { r.Clear() },
	}
	for name, leave := range leaves {
		synctest.Test(t, func(t *testing.T) {
			r := newRig()
			r.Add(emitted(in, 0, "a"), emitted(in, 1, "a"))
			over := draining(t.Context(), r.Outbox)
			leave(r)
			r.try(false)
			r.mark()
			want(t, name, over(), true)
		})
	}
}

// A drain that begins while a failing destination is tried again does not count its items: they
// left the queue before.
func TestDrainDuringARetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		r.down["a/0"] = true
		commit(r.Outbox, in, 0, "a")
		r.try(true)
		want(t, "in flight", len(r.Take(time.Now(), true)), 1)
		over := draining(t.Context(), r.Outbox)
		r.Land(nil, policy)
		r.mark()
		want(t, "over", over(), true)
	})
}
