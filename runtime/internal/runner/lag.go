package runner

import (
	"context"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

const (
	// lagEvery is how often Hooks.Lag is called while partitions stand still.
	lagEvery = 10 * time.Second
	// statusFor is how long somebody counts as asking for the status: metrics are mostly scraped
	// each 15 to 60 seconds.
	statusFor = 2 * time.Minute
)

// reportLag calls Hooks.Lag with the partitions that stand still, and has their gauges learn how far
// they go and what the log keeps back, if anybody asks for the status; until ctx ends. A driver that
// does not answer has no lag to report: the readers report that it fails.
func reportLag(ctx context.Context, config *brook.Config, tasks *task.Set) {
	before := tasks.Positions()
	for retry.Sleep(ctx, lagEvery) == nil {
		now := tasks.Positions()
		asked := tasks.Running.AskedSince(time.Now().Add(-statusFor))
		if asked {
			tasks.LearnHeld()
		}
		stand := tasks.Valve.Closing() || tasks.StandStill(before) // nothing is read while it is shut
		if config.Hooks.Lag == nil && (!asked || !stand) {
			before = now
			continue
		}
		partitions, err := config.Driver.Partitions(ctx, tasks.Code.Topics...)
		if err != nil {
			continue
		}
		tasks.LearnEnds(partitions)
		var still []brook.Progress
		for _, p := range partitions {
			id := partition.ID{Topic: p.Topic, Number: p.Number}
			at, folds := now[id]
			if was, folded := before[id]; folds && folded && was == at && at < p.End {
				still = append(still, brook.Progress{
					Topic: p.Topic, Partition: p.Number, Next: at, End: p.End,
				})
			}
		}
		before = now
		if len(still) > 0 && config.Hooks.Lag != nil {
			config.Hooks.Lag(still)
		}
	}
}
