package catalog

import (
	"context"
	"errors"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// WhileOpen returns a context that ends with ctx, and when the app closes. It may end a moment
// later than that: a caller who gets a lock may find the app closed all the same.
func (c *Catalog) WhileOpen(ctx context.Context) (context.Context, func()) {
	return c.Until(ctx, 0)
}

// Until returns a context that ends with ctx, and when a time has passed after the app closed, with
// ErrClosed as its cause. The caller calls the function when done with it.
func (c *Catalog) Until(ctx context.Context, grace time.Duration) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(c.ctx, func() {
		if grace == 0 || retry.Sleep(ctx, grace) == nil {
			cancel(brook.ErrClosed)
		}
	})
	return ctx, func() {
		stop()
		cancel(nil)
	}
}

// Closing returns err as an error that wraps ErrClosed if ctx, of WhileOpen or Until, ended because
// the app closed; else it returns err.
func Closing(ctx context.Context, err error) error {
	closed := errors.Is(context.Cause(ctx), brook.ErrClosed)
	switch {
	case err == nil || errors.Is(err, brook.ErrClosed) || !closed:
		return err
	case errors.Is(err, context.Canceled): // the caller's context did not end
		return brook.ErrClosed
	}
	return fmt.Errorf("%w: %w", brook.ErrClosed, err)
}
