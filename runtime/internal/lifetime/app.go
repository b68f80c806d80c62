// Package lifetime is the time from the opening of an app until Close, and the contexts of calls
// that end with it.
//
// Package engine makes one App per app and ends it. Every part whose calls may wait uses it, from
// any goroutine. App has no lock; call.mu guards the context of one call, and is held while that
// context is made and ended: nothing of this module is called under it.
package lifetime

import (
	"context"
	"errors"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// App is the life of one app. It is safe for concurrent use.
type App struct {
	ctx    context.Context // ends with the app
	ending context.Context // ends some time after ctx
	cancel context.CancelCauseFunc
}

// New returns the life of an app, which ends at End or with parent. What is in flight then may go
// on for grace.
func New(parent context.Context, grace time.Duration) *App {
	ctx, cancel := context.WithCancelCause(parent)
	return &App{ctx: ctx, ending: after(ctx, grace), cancel: cancel}
}

// after returns a context that ends when a time has passed after ctx ended, with ErrClosed as its
// cause.
func after(ctx context.Context, d time.Duration) context.Context {
	later, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() {
		time.AfterFunc(d, func() { cancel(brook.ErrClosed) })
	})
	return later
}

// End ends the app. It may be called more than once.
func (a *App) End() { a.cancel(brook.ErrClosed) }

// Context returns a context that ends with the app, with ErrClosed as its cause.
func (a *App) Context() context.Context { return a.ctx }

// Err returns ErrClosed if the app has ended.
func (a *App) Err() error {
	if a.ctx.Err() != nil {
		return brook.ErrClosed
	}
	return nil
}

// WhileOpen returns a context that ends with ctx, and when the app ends, with ErrClosed as its
// cause. It may end a moment later than that: a caller who gets a lock may find the app closed all
// the same. The caller calls the function when done with the context.
func (a *App) WhileOpen(ctx context.Context) (context.Context, func()) { return begin(ctx, a.ctx) }

// WhileEnding returns a context that ends with ctx, and the time of grace after the app ended, with
// ErrClosed as its cause. The caller calls the function when done with the context.
func (a *App) WhileEnding(ctx context.Context) (context.Context, func()) {
	return begin(ctx, a.ending)
}

// Closing returns err as an error that wraps ErrClosed if ctx, of WhileOpen or WhileEnding, ended
// because the app did; else it returns err.
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

// During returns err with what was under way, if it is the error of a context and says no more than
// that; else it returns err.
func During(what string, err error) error {
	bare := errors.Unwrap(err) == nil
	if bare && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)) {
		return fmt.Errorf("brook: %s: %w", what, err)
	}
	return err
}
