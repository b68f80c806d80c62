package kafkadriver

import (
	"context"
	"fmt"
)

// begin runs f in a goroutine that Close waits for. It reports whether it did: not where the driver is closed.
func (d *Driver) begin(f func()) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ctx.Err() != nil {
		return false
	}
	d.owned.Go(f)
	return true
}

// alive gives the error of a call that is not to begin.
func (d *Driver) alive(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if d.ctx.Err() != nil {
		return ErrClosed
	}
	return nil
}

// await gives what f gives, which waits for brokers as long as the timeouts of the configuration allow; or an error where ctx
// ends before.
func await[T any](ctx context.Context, d *Driver, f func() (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	var none T
	if err := d.alive(ctx); err != nil {
		return none, err
	}
	done := make(chan outcome, 1)
	if !d.begin(func() {
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
