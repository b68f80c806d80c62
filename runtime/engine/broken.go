package engine

import (
	"context"
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
)

// broke ends Run, this one or the next, where something beside its lanes found that trying again won't help; other errors are none of its business.
func (a *App) broke(err error) {
	if !errors.Is(err, brook.ErrPermanent) {
		return
	}
	select {
	case a.broken <- err:
	default: // one is enough
	}
}

// heedBroken has end called when something breaks for good, until the function returned is called, which says so.
func (a *App) heedBroken(ctx context.Context, end context.CancelFunc) (stop func(*error)) {
	ctx, cancel := context.WithCancel(ctx)
	found := make(chan error, 1)
	go func() {
		defer close(found)
		select {
		case err := <-a.broken:
			found <- err
			end()
		case <-ctx.Done():
		}
	}()
	return func(err *error) {
		cancel()
		if broken := <-found; broken != nil {
			*err = broken
		}
	}
}
