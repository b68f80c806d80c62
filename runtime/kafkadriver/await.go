package kafkadriver

import (
	"context"
	"fmt"
)

// start runs f in a goroutine that Close waits for. It returns false, without running f, if
// the driver is closed.
func (d *Driver) start(f func()) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ctx.Err() != nil {
		return false
	}
	d.owned.Go(f)
	return true
}

// checkOpen returns an error if ctx has ended or the driver is closed.
func (d *Driver) checkOpen(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if d.ctx.Err() != nil {
		return ErrClosed
	}
	return nil
}

// await runs f, which blocks on brokers for up to the configured timeouts, and returns its result.
// If ctx ends or the driver is closed first, it returns an error and leaves f to itself.
func await[T any](ctx context.Context, d *Driver, f func() (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	var none T
	if err := d.checkOpen(ctx); err != nil {
		return none, err
	}
	done := make(chan outcome, 1)
	if !d.start(func() {
		value, err := f()
		done <- outcome{value, err}
	}) {
		return none, ErrClosed
	}
	select {
	case o := <-done:
		if o.err != nil && d.ctx.Err() != nil {
			return none, fmt.Errorf("%w: %w", ErrClosed, o.err)
		}
		return o.value, o.err
	case <-ctx.Done():
		return none, ctx.Err()
	case <-d.ctx.Done():
		return none, ErrClosed
	}
}
