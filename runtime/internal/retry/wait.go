package retry

import (
	"context"
	"math/rand/v2"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// Defaults returns r with defaults for what is zero; Max is at least Min.
func Defaults(r brook.Retry) brook.Retry {
	if r.Attempts == 0 {
		r.Attempts = 5
	}
	if r.Min == 0 {
		r.Min = 50 * time.Millisecond
	}
	if r.Max == 0 {
		r.Max = 5 * time.Second
	}
	r.Max = max(r.Max, r.Min)
	return r
}

// Wait returns how long to wait after so many failed attempts: Min, doubled with each attempt up to
// Max, less up to a quarter by chance.
func Wait(r brook.Retry, attempts int) time.Duration {
	d := max(r.Min, 0)
	for ; attempts > 1 && 0 < d && d < r.Max; attempts-- {
		if d > r.Max/2 {
			d = r.Max
		} else {
			d *= 2
		}
	}
	return d - rand.N(d/4+1)
}

// Sleep waits d. If ctx ends first, it returns at once, with the error of ctx.
func Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err // the timer may be over, too
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
