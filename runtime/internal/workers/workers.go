// Package workers does jobs: it takes them from the board, calls the workers of the package, each
// in a goroutine of its own, and commits what becomes of them: a job that is done is removed, with
// what its worker published put into the outbox; one that failed is due again later, or becomes a
// dead letter.
//
// Workers.Run is called beside the tasks, by package runner, and waits for the goroutines that it
// starts. Package catchup calls Step in its place, and never beside it. Another goroutine commits
// what others did. Run.mu guards the results that wait to be committed; nothing is called under it.
package workers

import (
	"context"

	"github.com/brookgen/brookgen/runtime/internal/exclusive"
	"github.com/brookgen/brookgen/runtime/internal/jobs"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// Workers does the jobs of an app. A nil Workers is that of an app that has none.
type Workers struct {
	Tasks     *task.Set
	Exclusive *exclusive.Pool
	Board     *jobs.Board

	byType map[string]*jobs.Worker
	looked looked
	byHand bool  // see Hold
	turn   *Turn // that Step is to take next; nil: none
}

// New returns the workers of an app, nil if its code has none.
func New(tasks *task.Set, pool *exclusive.Pool) *Workers {
	if tasks.Jobs == nil {
		return nil
	}
	w := &Workers{
		Tasks: tasks, Exclusive: pool, Board: tasks.Jobs, byType: map[string]*jobs.Worker{},
	}
	for i := range tasks.Def.Workers {
		worker := &tasks.Def.Workers[i]
		w.byType[worker.Job.Type] = worker
	}
	return w
}

// Step does the jobs that are due, one after the other, until none is, and returns how many were
// tried. An error of a job is none of Step. After Hold it does those of Turn alone.
func (w *Workers) Step(ctx context.Context) (tried int, err error) {
	if w == nil {
		return 0, nil
	}
	if w.byHand {
		return w.takeTurn(ctx)
	}
	for {
		if err := ctx.Err(); err != nil {
			return tried, err
		}
		if err := w.follow(ctx); err != nil {
			return tried, err
		}
		j, _ := w.Board.Take(w.Tasks.Now(), nil)
		if j == nil && w.Board.Unsure() {
			continue // others commit meanwhile
		}
		if j == nil {
			return tried, nil
		}
		tried++
		r := result{job: j}
		w.try(ctx, &r)
		if err := w.settle(ctx, []result{r}); err != nil {
			return tried, err
		}
	}
}
