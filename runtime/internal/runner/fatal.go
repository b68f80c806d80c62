package runner

import (
	"context"
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
)

// Fatal holds an error that ends Run, found by something that runs beside the tasks of Run.
type Fatal chan error

// NewFatal returns one that holds no error.
func NewFatal() Fatal { return make(Fatal, 1) }

// Note ends Run, this one or the next, if err wraps ErrPermanent: trying again does not help. It
// ignores all other errors. Any goroutine may call it.
func (f Fatal) Note(err error) {
	if !errors.Is(err, brook.ErrPermanent) {
		return
	}
	select {
	case f <- err:
	default: // one is enough
	}
}

// heed calls end when an error is noted, until the returned function is called, which sets *err to
// that error.
func (f Fatal) heed(ctx context.Context, end context.CancelFunc) (stop func(err *error)) {
	ctx, cancel := context.WithCancel(ctx)
	found := make(chan error, 1)
	go func() {
		defer close(found)
		select {
		case err := <-f:
			found <- err
			end()
		case <-ctx.Done():
		}
	}()
	return func(err *error) {
		cancel()
		if noted := <-found; noted != nil {
			*err = noted
		}
	}
}
