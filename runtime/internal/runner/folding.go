package runner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/effects"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// folding is a number of tasks that run at the same time, each with readers of its partitions,
// until stop ends, one of them can't go on, or other partitions are to be folded.
type folding struct {
	run     *Runner
	restart context.CancelFunc // ends the tasks; Run goes on with others

	mu    sync.Mutex
	cause error // what ended the tasks; nil: the end of stop
}

// fold runs tasks over partitions, and returns what ended them. Other partitions are to be folded
// when changed is closed, or when topics grow.
func (r *Runner) fold(
	tasks []*task.Task, partitions []brook.Partition, changed <-chan struct{},
) error {
	ctx, cancel := context.WithCancel(r.stop)
	defer cancel()
	f := &folding{run: r, restart: cancel}
	var work, readers, watches sync.WaitGroup
	watches.Go(func() {
		select {
		case <-changed:
			f.over(task.ErrOthers)
		case <-ctx.Done():
		}
	})
	if g, ok := r.Tasks.Config.Driver.(brook.Grower); ok {
		watches.Go(func() {
			if err := r.awaitGrowth(ctx, g, partitions); err != nil {
				f.over(err)
			}
		})
	}
	reader := r.Tasks.Input(lookAgain)
	for _, t := range tasks {
		for _, p := range t.Partitions {
			at := p.Bookmark()
			readers.Go(func() { reader.Read(ctx, p.Queue, at, t.Chunks) })
		}
		work.Go(func() { f.runTask(ctx, t) })
	}
	work.Wait()
	if len(tasks) == 0 { // it has no partition now
		<-ctx.Done()
	}
	cancel()
	readers.Wait()
	watches.Wait()
	return f.cause
}

// runTask runs a task until ctx ends or it can't go on.
func (f *folding) runTask(ctx context.Context, t *task.Task) {
	number := effects.Single
	if t.Parallel {
		number = int(t.Partitions[0].ID.Number)
	}
	t.Effects = f.run.lines.Line(number, t.Rouse)
	err := errors.New("brook: a handler ended the goroutine of its lane (runtime.Goexit)")
	defer func() {
		if t.Inside {
			t.Leave()
		}
		t.Abandon()
		if err != nil {
			f.over(err)
		}
	}()
	err = t.Run(ctx, f.run.finish)
}

// over ends all tasks, for the error of one of them, or of what watches beside them. An error that
// ends Run is kept instead of one after which Run goes on.
func (f *folding) over(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.cause == nil || goesOn(f.cause) && !goesOn(err) {
		f.cause = err
	}
	if goesOn(err) {
		f.restart()
	} else {
		f.run.end() // the others finish what is in flight, within the limit
	}
}

// goesOn reports whether Run goes on after what ended the tasks.
func goesOn(err error) bool {
	return errors.Is(err, task.ErrGoSerial) || errors.Is(err, retry.ErrRestart) ||
		errors.Is(err, task.ErrOthers)
}

// lookAgain ends a reader that retention overtook: Run looks again at what store and log hold.
func lookAgain(context.Context, partition.ID, int64) (c brook.Chunk, lost *input.Gap, err error) {
	return c, nil, retry.ErrRestart
}

// grown returns task.ErrOthers, so that the partitions are asked for again: at once, unless the same
// ones were found the last time that the driver said there are others. If ctx ends, it returns nil.
func (r *Runner) grown(ctx context.Context, known []brook.Partition) error {
	same := slices.EqualFunc(known, r.outgrown, func(a, b brook.Partition) bool {
		return a.Topic == b.Topic && a.Number == b.Number
	})
	r.outgrown = known
	if !same {
		r.growth.Succeeded()
		return task.ErrOthers
	}
	r.growth.Policy, r.growth.Report = r.Tasks.Config.Retry, r.Tasks.Report
	err := errors.New("the driver says that there are others, and has the same ones")
	f := brook.Failure{What: "looking for new partitions", Err: err}
	if r.growth.Failed(ctx, f) != nil {
		return nil
	}
	return task.ErrOthers
}

// awaitGrowth waits until there are other partitions than those known, and returns task.ErrOthers
// then. If ctx ends, it returns nil.
func (r *Runner) awaitGrowth(ctx context.Context, g brook.Grower, known []brook.Partition) error {
	fresh := retry.Backoff{Policy: r.Tasks.Config.Retry, Report: r.Tasks.Report}
	backoff := fresh
	defer func() { backoff.Ended() }()
	for {
		started, lasting := time.Now(), backoff.Lasting()
		err := g.Grown(ctx, known)
		lasting()
		switch {
		case err == nil:
			return r.grown(ctx, known)
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, brook.ErrPermanent):
			return fmt.Errorf("brook: looking for new partitions: %w", err)
		}
		if time.Since(started) > time.Minute { // it worked for a while
			backoff = fresh
		}
		if backoff.Failed(ctx, brook.Failure{What: "looking for new partitions", Err: err}) != nil {
			return nil
		}
	}
}
