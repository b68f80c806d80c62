package retry

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// retryDefaults fills what was left out.
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

// waitAfter returns how long to wait after so many failed attempts.
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

// Sleep waits d, or less where ctx ends first, which it reports.
func Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Ending returns why ctx ended, nil if it did not: ErrClosed if the app closed, else the error of
// ctx, with its cause if that is another.
func Ending(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	switch {
	case err == nil || cause == err:
		return err
	case errors.Is(cause, brook.ErrClosed):
		return brook.ErrClosed
	}
	return fmt.Errorf("%w: %w", err, cause)
}

// GaveUp returns the error of a call that tried something until why, the end of its context: err is
// the error of the last try, and last that of the try before. It wraps what the store failed with,
// though the last try may have failed for want of time.
func GaveUp(why error, what string, tries int, err, last error) error {
	if errors.Is(why, brook.ErrClosed) && errors.Is(err, context.Canceled) {
		err, last = last, nil // the caller's context did not end
	}
	switch {
	case err == nil:
		return fmt.Errorf("%s: %w", what, why)
	case errors.Is(err, why) && last == nil:
		return err
	case errors.Is(err, why):
		return fmt.Errorf("%s, tried %s: %w; the error before: %w", what, Times(tries), err, last)
	}
	return fmt.Errorf("%s, tried %s: %w; the last error: %w", what, Times(tries), why, err)
}

// Times says a number of tries.
func Times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprint(n, " times")
}
