package runner

import (
	"context"
	"fmt"
	"time"

	"github.com/brookgen/brookgen/runtime/internal/control"
)

// timersPace is how long it takes at least between two questions to the driver.
const timersPace = 10 * time.Millisecond

// keepTimers publishes the events of timers when they are due, until ctx ends.
func keepTimers(ctx context.Context, timers *control.Timers) error {
	timers.Pace = timersPace
	defer func() { timers.Pace = 0 }()
	timers.Tasks.Timers.Forget() // others may have had the store meanwhile
	for ctx.Err() == nil {
		fired, wait, err := timers.Step(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("brook: publish timers: %w", err)
		}
		if fired {
			continue
		}
		await(ctx, timers.Tasks.Timers.Wake(), wait)
	}
	return nil
}

// await waits until something woke it, wait is over if it is not 0, or ctx ends.
func await(ctx context.Context, woken <-chan struct{}, wait time.Duration) {
	var over <-chan time.Time
	if wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		over = t.C
	}
	select {
	case <-woken:
	case <-over:
	case <-ctx.Done():
	}
}
