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
	"errors"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/exclusive"
	"github.com/brookgen/brookgen/runtime/internal/jobs"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// Workers does the jobs of an app. A nil Workers is that of an app that has none.
type Workers struct {
	Tasks     *task.Set
	Exclusive *exclusive.Pool
	Board     *jobs.Board

	byType map[string]*jobs.Worker
	note   []byte // of the store, as seen last: see jobs.NoteKey
	byHand bool   // see Hold
	turn   *Turn  // that Step is to take next; nil: none
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

// lookPause is how often a process looks whether others left jobs in a shared store.
const lookPause = time.Second

// follow brings the board in line with what others did: it removes from the store what other
// members of the group did, and over a shared store reads what others committed.
func (w *Workers) follow(ctx context.Context) error {
	if err := w.removePassed(ctx); err != nil {
		return err
	}
	if !w.Board.Shared {
		return nil
	}
	return w.Tasks.Retry.Do(ctx, "read", func() error {
		note, err := w.noteOf(ctx)
		if err != nil {
			return err
		}
		if string(note) == string(w.note) && !w.Board.Lagging() {
			return nil
		}
		g := w.Tasks.Catalog.Live()
		if err := w.Board.Load(ctx, w.Tasks.Reader, g.Letters); err != nil {
			return err
		}
		w.note = note
		w.Tasks.WakeTasks()
		return nil
	})
}

// noteOf returns the note that the last commit with jobs left in a shared store.
func (w *Workers) noteOf(ctx context.Context) ([]byte, error) {
	v, err := w.Tasks.Reader.Get(ctx, w.Tasks.Publisher.Sending, jobs.NoteKey)
	if errors.Is(err, brook.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return append([]byte{}, v.Data.([]byte)...), nil
}

// removePassed removes from the store what other members of the group did.
func (w *Workers) removePassed(ctx context.Context) error {
	passed := w.Board.Passed()
	if len(passed) == 0 {
		return nil
	}
	var removals []brook.Write
	for _, j := range passed {
		removals = append(removals, j.Remove(w.Board.Table))
	}
	err := retry.InParts(removals, func(part []brook.Write) error {
		batch := &brook.Batch{ID: w.Tasks.IDs.Batch(), Writes: part}
		return w.Tasks.Retry.Do(ctx, "commit", func() error {
			return w.Tasks.Store.Commit(ctx, batch)
		})
	})
	if err != nil {
		return fmt.Errorf("brook: remove jobs that others did: %w", err)
	}
	w.Tasks.WakeTasks()
	return nil
}
