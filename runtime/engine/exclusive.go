package engine

import (
	"context"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/batch"
	"github.com/brookgen/brookgen/runtime/internal/exclusive"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// exclusiveCalls is what the calls have in common that change the live views while all tasks are at
// rest: Process, Redrive, Drop, and taking over the emissions that a rebuild owed. It is safe for
// concurrent use: the quiesce lock puts the calls in order.
type exclusiveCalls struct {
	life   *life
	config *brook.Config
	tasks  *task.Set
	runner *exclusive.Runner
}

// begin begins a call of an app that is open. It makes sure that no other app of the name in this
// process holds the store. The returned context ends with ctx, and Config.ShutdownTimeout after the
// app closed: what is in flight may go on that long. The caller calls end when done.
func (x *exclusiveCalls) begin(ctx context.Context) (_ context.Context, end func(), err error) {
	if err := x.life.Err(); err != nil {
		return nil, nil, err
	}
	release, err := x.tasks.Catalog.Hold().Take(ctx)
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := x.life.WhileEnding(ctx)
	return ctx, func() {
		cancel()
		release()
	}, nil
}

// quiesce waits until all tasks are at rest. It fails with ErrClosed if the app closed meanwhile:
// Close waits for nobody any more then. The caller ends the rest.
func (x *exclusiveCalls) quiesce(ctx context.Context) (*task.Quiesced, error) {
	rest, err := x.tasks.Quiesce(ctx)
	if err != nil {
		return nil, err
	}
	if err := x.life.Err(); err != nil {
		rest.End()
		return nil, err
	}
	return rest, nil
}

// follow does what is due after a commit of an exclusive task: it reports dead letters and runs
// effects. These run although ctx ended, for Config.ShutdownTimeout at most: the events are
// committed.
func (x *exclusiveCalls) follow(ctx context.Context, due batch.Due) {
	for _, l := range due.Letters {
		x.tasks.Report.DeadLetter(l.DeadLetter, l.Stack)
	}
	if len(due.Effects) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), x.config.ShutdownTimeout)
	defer cancel()
	for _, e := range due.Effects {
		x.tasks.Effects.Run(ctx, e)
	}
}
