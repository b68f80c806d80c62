package catalog

import (
	"context"
	"errors"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// WhileOpen returns a context that ends with ctx and when the app closes. It may end a moment later:
// who got the gate may find the app closed all the same.
func (c *Catalog) WhileOpen(ctx context.Context) (context.Context, func()) { return c.Until(ctx, 0) }

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

// Closing makes the error of what ended because the app closed, as ctx did, one that wraps ErrClosed.
func Closing(ctx context.Context, err error) error {
	switch {
	case err == nil || errors.Is(err, brook.ErrClosed) || !errors.Is(context.Cause(ctx), brook.ErrClosed):
		return err
	case errors.Is(err, context.Canceled): // the caller's context did not end
		return brook.ErrClosed
	}
	return fmt.Errorf("%w: %w", brook.ErrClosed, err)
}
