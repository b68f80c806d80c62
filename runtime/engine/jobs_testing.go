package engine

import (
	"context"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/jobs"
	"github.com/brookgen/brookgen/runtime/internal/workers"
)

// JobTry is one try of a job. Package brooktest uses it.
type JobTry = workers.Try

// WaitingJob is a job that waits. Package brooktest uses it.
type WaitingJob = jobs.Job

// HoldJobs makes jobs wait until Work does them. It is called once, before the app folds its first
// event.
func (b Backstage) HoldJobs() {
	if b.app.workers != nil {
		b.app.workers.Hold()
	}
}

// Jobs returns the jobs that wait or are held up by a dead letter, in log order.
func (b Backstage) Jobs() []WaitingJob {
	if b.app.workers == nil {
		return nil
	}
	return b.app.workers.Board.List()
}

// JobTypes returns the job types of the package.
func (b Backstage) JobTypes() (all []*brook.EventDef) {
	for i := range b.app.tasks.Def.Workers {
		all = append(all, b.app.tasks.Def.Workers[i].Job)
	}
	return all
}

// Work does what CatchUp does, and meanwhile the jobs with these IDs that are due, each once, in
// log order; with none, all that are due. Jobs that are asked for in consequence wait. It is not
// called concurrently with itself, nor with CatchUp.
func (b Backstage) Work(ctx context.Context, ids ...string) ([]JobTry, error) {
	if b.app.workers == nil {
		return nil, b.app.CatchUp(ctx)
	}
	turn := &workers.Turn{Only: ids}
	b.app.workers.Give(turn)
	defer b.app.workers.Give(nil)
	err := b.app.CatchUp(ctx)
	return turn.Tries, err
}
