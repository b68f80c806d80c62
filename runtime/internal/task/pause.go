package task

import (
	"context"
	"time"

	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// Begin passes the valve before the task does something, until End: while the app is paused, it
// waits. It may be called again before End, as often as End then is. The only error is that ctx
// ended.
func (t *Task) Begin(ctx context.Context) error {
	if t.Valve == nil {
		return nil
	}
	if t.within == 0 && !t.Valve.EnterBefore(ctx.Done()) {
		return ctx.Err()
	}
	t.within++
	return nil
}

// End ends what Begin began.
func (t *Task) End() {
	if t.Valve == nil {
		return
	}
	if t.within--; t.within == 0 {
		t.Valve.Leave()
	}
}

// Abandon ends all that Begin began: the task's goroutine ends.
func (t *Task) Abandon() {
	if t.within > 0 {
		t.within = 0
		t.Valve.Leave()
	}
}

// Sleep waits between two tries. The app may be paused meanwhile, and then it waits for longer. The
// caller holds no lock. If it returns an error, which is that of ctx, what was begun goes on all the
// same, to its end.
func (t *Task) Sleep(ctx context.Context, d time.Duration) error {
	if t.within == 0 {
		return retry.Sleep(ctx, d)
	}
	t.Valve.Leave()
	err := retry.Sleep(ctx, d)
	if err == nil && !t.Valve.EnterBefore(ctx.Done()) {
		err = ctx.Err()
	}
	if err != nil {
		t.Valve.Join()
	}
	return err
}
