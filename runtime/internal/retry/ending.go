package retry

import (
	"context"
	"errors"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
)

// Ending returns why ctx ended, nil if it did not: ErrClosed if the app closed, else the error of
// ctx, with its cause if that is another.
func Ending(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, cause):
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

// Times returns a number of tries as text.
func Times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprint(n, " times")
}
