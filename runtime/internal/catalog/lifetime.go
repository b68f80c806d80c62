package catalog

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// lifetime is the context of a call: the context of its caller, cut short by the end of the app. It
// registers with both only if somebody waits for its end. Most calls find what they need in memory
// and never wait, and making a context that both may cancel costs more than all else that they do.
type lifetime struct {
	caller context.Context
	app    context.Context // ends with ErrClosed as its cause

	mu     sync.Mutex
	merged context.Context // made when Done is called; guarded by mu
	cancel func()          // of merged; guarded by mu
	over   bool            // the call returned; guarded by mu
}

// begin returns a context that ends with caller and with app. The caller calls the function when
// done with it.
func begin(caller, app context.Context) (context.Context, func()) {
	l := &lifetime{caller: caller, app: app}
	return l, l.end
}

// end ends the context: the call returned.
func (l *lifetime) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	if l.merged != nil {
		l.cancel()
	}
}

// merge makes the context that both may cancel, if there is none. The caller holds mu.
func (l *lifetime) merge() {
	if l.merged != nil {
		return
	}
	ctx, cancel := context.WithCancelCause(l.caller)
	l.merged, l.cancel = ctx, func() { cancel(nil) }
	switch {
	case l.over:
		cancel(nil)
	case l.app.Err() != nil: // at once, not in a moment: Err returns what this comes to
		cancel(brook.ErrClosed)
	default:
		stop := context.AfterFunc(l.app, func() { cancel(brook.ErrClosed) })
		l.cancel = func() {
			stop()
			cancel(nil)
		}
	}
}

func (l *lifetime) Deadline() (time.Time, bool) { return l.caller.Deadline() }

func (l *lifetime) Done() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.merge()
	return l.merged.Done()
}

func (l *lifetime) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.merged == nil {
		if err := l.caller.Err(); err != nil {
			return err
		}
		if !l.over && l.app.Err() == nil {
			return nil
		}
		l.merge()
	}
	return l.merged.Err()
}

// Value returns a value of the caller's context. What package context looks for in this way, to
// cancel children of this one and for its cause, is that of the merged context if there is one.
func (l *lifetime) Value(key any) any {
	l.mu.Lock()
	ctx := l.merged
	l.mu.Unlock()
	if ctx == nil {
		ctx = l.caller
	}
	return ctx.Value(key)
}

// WhileOpen returns a context that ends with ctx, and when the app closes, with ErrClosed as its
// cause. It may end a moment later than that: a caller who gets a lock may find the app closed all
// the same. The caller calls the function when done with the context.
func (c *Catalog) WhileOpen(ctx context.Context) (context.Context, func()) {
	return begin(ctx, c.ctx)
}

// WhileEnding returns a context that ends with ctx, and Config.ShutdownTimeout after the app
// closed, with ErrClosed as its cause. The caller calls the function when done with the context.
func (c *Catalog) WhileEnding(ctx context.Context) (context.Context, func()) {
	return begin(ctx, c.ending)
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

// Closing returns err as an error that wraps ErrClosed if ctx, of WhileOpen or WhileEnding, ended
// because the app closed; else it returns err.
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
