package runner

import (
	"context"
	"errors"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/control"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// timersPace is how long it takes at least between two questions to the driver.
const timersPace = 10 * time.Millisecond

// keepTimers publishes the events of timers when they are due, until ctx ends. It reports what fails,
// and tries again; it returns only errors that wrap ErrPermanent.
func keepTimers(ctx context.Context, timers *control.Timers) error {
	timers.Pace = timersPace
	defer func() { timers.Pace = 0 }()
	timers.Tasks.Timers.Forget() // others may have had the store meanwhile
	backoff := retry.Backoff{Policy: timers.Tasks.Config.Retry, Report: timers.Tasks.Report}
	defer backoff.Ended()
	for ctx.Err() == nil {
		passed, err := timers.Tasks.Valve.Enter(ctx)
		if err != nil {
			return nil // ctx ended
		}
		fired, wait, err := timers.Step(passed)
		timers.Tasks.Valve.Leave()
		switch {
		case err == nil:
			backoff.Succeeded()
			if !fired {
				_ = retry.Await(ctx, timers.Tasks.Timers.Wake(), wait)
			}
		case errors.Is(err, brook.ErrPermanent):
			return fmt.Errorf("brook: publish timers: %w", err)
		case ctx.Err() == nil:
			_ = backoff.Failed(ctx, brook.Failure{What: "timers", Err: err}) // the loop looks at ctx
		}
	}
	return nil
}
