// Package control changes the live views at the call of the program, beside the log: Process,
// Redrive and Drop. Like these, it moves the emissions that a rebuild owed into the outbox. Each of
// them uses an exclusive task, while all others rest.
//
// Any goroutine may call it, except for Owed.Adopt, as that says. It takes the quiesce lock itself,
// which puts the calls in order and guards the exclusive tasks and the blocked keys.
package control

import (
	"context"

	"github.com/brookgen/brookgen/runtime/internal/batch"
	"github.com/brookgen/brookgen/runtime/internal/exclusive"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// Calls is what the calls have in common that change the live views while all tasks are at rest. It
// is safe for concurrent use.
type Calls struct {
	Tasks     *task.Set
	Exclusive *exclusive.Pool
}

// begin begins a call of an app that is open. It makes sure that no other app of the name in this
// process holds the store. The returned context ends with ctx, and Config.ShutdownTimeout after the
// app closed: what is in flight may go on that long. The caller calls end when done.
func (x *Calls) begin(ctx context.Context) (_ context.Context, end func(), err error) {
	if err := x.Tasks.Life.Err(); err != nil {
		return nil, nil, err
	}
	release, err := x.Tasks.Catalog.Hold.Take(ctx)
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := x.Tasks.Life.WhileEnding(ctx)
	return ctx, func() {
		cancel()
		release()
	}, nil
}

// quiesce waits until all tasks are at rest. It fails with ErrClosed if the app closed meanwhile:
// Close waits for nobody any more then. The caller ends the rest.
func (x *Calls) quiesce(ctx context.Context) (*task.Quiesced, error) {
	rest, err := x.Tasks.Quiesce(ctx)
	if err != nil {
		return nil, err
	}
	if err := x.Tasks.Life.Err(); err != nil {
		rest.End()
		return nil, err
	}
	return rest, nil
}

// follow does what is due after a commit of an exclusive task: it reports dead letters and runs
// effects. These run although ctx ended, for Config.ShutdownTimeout at most: the events are
// committed.
func (x *Calls) follow(ctx context.Context, due batch.Due) {
	for _, l := range due.Letters {
		x.Tasks.Report.DeadLetter(l.DeadLetter, l.Stack)
	}
	for _, f := range due.Failures {
		x.Tasks.Report.Failure(f)
	}
	if len(due.Effects) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), x.Tasks.Config.ShutdownTimeout)
	defer cancel()
	for _, e := range due.Effects {
		x.Tasks.Effects.Run(ctx, e)
	}
}

// actsFor reports whether this process does what is left to do of events of a partition. If its
// topic is read no more, no member of a group has the partition: the member that has the first one
// of all does it.
func (x *Calls) actsFor(id partition.ID) bool {
	topics := x.Tasks.Code.Topics
	if !x.Tasks.Code.Reads(id.Topic) && len(topics) > 0 {
		id = partition.ID{Topic: topics[0]}
	}
	return x.Tasks.Outbox.Group.ActsFor(id)
}
