package runner

import (
	"context"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/control"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

const (
	// countPause is between looks whether timers are to be counted.
	countPause = time.Second
	// recount is how long a count counts at least over a store that others write, too, and
	// recountShare how many times as long as it took.
	recount      = time.Minute
	recountShare = 100
)

// countTimers counts the timers that wait for the status: once, and again when that is not known any
// more; over a shared store, also now and then while somebody asks. It ends with ctx. What fails is
// reported, and tried again.
func countTimers(ctx context.Context, timers *control.Timers) {
	s := timers.Tasks
	backoff := retry.Backoff{Policy: s.Config.Retry, Report: s.Report}
	defer backoff.Ended()
	var due time.Time
	for {
		again := s.Catalog.Fenced() && !due.IsZero() && time.Now().After(due) && s.Running.AskedSince(due)
		if s.Waiting.Waiting() < 0 || again {
			began := time.Now()
			if err := timers.Count(ctx); err != nil {
				if ctx.Err() != nil ||
					backoff.Failed(ctx, brook.Failure{What: "counting timers", Err: err}) != nil {
					return
				}
				continue
			}
			backoff.Succeeded()
			due = time.Now().Add(max(recount, recountShare*time.Since(began)))
		}
		if retry.Sleep(ctx, countPause) != nil {
			return
		}
	}
}
