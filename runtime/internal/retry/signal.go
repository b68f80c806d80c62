package retry

import (
	"context"
	"time"
)

// Signal wakes one goroutine that waits for there being something to do. Several signals before it
// looks are one.
type Signal chan struct{}

// NewSignal returns a signal that is not set.
func NewSignal() Signal { return make(Signal, 1) }

// Set wakes who waits, or who will: a receive from the signal takes it.
func (s Signal) Set() {
	select {
	case s <- struct{}{}:
	default:
	}
}

// Await waits until a signal is set, wait is over unless it is 0, or ctx ends, whose error it then
// returns.
func Await(ctx context.Context, signal <-chan struct{}, wait time.Duration) error {
	var timer <-chan time.Time
	if wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-signal:
	case <-timer:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}
