package publisher_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// The driver hears how far the app acted only when what was emitted until there is published.
func TestCheckpointsFollowEmissions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, newDisk(), nil)
		step := func(what, took string) {
			t.Helper()
			r.publish(true)
			if _, err := r.Checkpoint(t.Context(), true, 0); err != nil {
				t.Error(err)
			}
			want(t, what, r.broker.took(), took)
		}
		r.emit(0, "out")
		step("published", "out:0 mark:1")
		r.broker.fails["down"] = errAway
		r.emit(1, "down")
		r.emit(2, "out")
		step("while one waits", "out:2")
		delete(r.broker.fails, "down")
		step("once it is published", "down:1 mark:3")
	})
}

// A store that keeps what was committed does not wait for marks; one that forgets does.
func TestMarksThatFail(t *testing.T) {
	for name, durable := range map[string]bool{"durable": true, "forgets": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, newDisk(), func(s *store, _ *brook.Config) { s.durable = durable })
				r.broker.marking = errAway
				r.emit(0, "out")
				r.publish(false)
				started := time.Now()
				wait, err := r.Checkpoint(t.Context(), true, 3*time.Second)
				if durable {
					if err != nil || time.Since(started) != 0 || wait <= 0 || wait > soon.Min {
						t.Errorf("%v after %s, wait %s", err, time.Since(started), wait)
					}
					r.broker.marking = brook.ErrPermanent
					if _, err := r.Checkpoint(t.Context(), true, 0); err != nil ||
						!r.failures()[1].Final {
						t.Errorf("refused for good: %v, %+v", err, r.failures())
					}
					r.broker.marking = nil
					if _, err := r.Checkpoint(t.Context(), true, 0); err != nil ||
						r.broker.took() != "out:0" {
						t.Errorf("marked after it was refused: %v", err)
					}
					return
				}
				if !errors.Is(err, errAway) || !errors.Is(err, brook.ErrPermanent) ||
					time.Since(started) < 3*time.Second {
					t.Errorf("%v after %s, want the driver's error after the limit", err,
						time.Since(started))
				}
			})
		})
	}
}

// Run publishes in the end what there is, and leaves what it tried in vain.
func TestRunEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, newDisk(), nil)
		r.broker.fails["down"] = errAway
		stop, done := make(chan struct{}), make(chan error, 1)
		go func() { done <- r.Run(t.Context(), stop) }()
		r.emit(0, "out")
		synctest.Wait()
		want(t, "published", r.broker.took(), "out:0 mark:1")
		r.emit(1, "down")
		synctest.Wait()
		r.emit(2, "out")
		close(stop)
		if err := <-done; err != nil {
			t.Error(err)
		}
		want(t, "published in the end", r.broker.took(), "out:2")
		want(t, "stored", r.stored(), "down:1")
	})
}
