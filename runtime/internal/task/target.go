package task

import (
	"context"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// Target is what a task folds into: the live views, or those that a rebuild makes.
type Target interface {
	// visits reports whether batches visit the lock: others read what they change.
	Visits() bool
	// current reports whether a generation is still the one to fold into.
	Current(g *catalog.Generation) bool
	// lost returns why the task may not fold any longer, nil if it may.
	Lost() error
	// claim makes sure, before a batch, that the task may fold. The caller does not visit the lock.
	Claim(ctx context.Context) error
	// claimed reports whether that still holds. The caller visits the lock, or has it.
	Claimed() bool
	// look notes, once for each batch, what waits in the outbox.
	Look(feeds []*Partition)
	// full reports whether a feed stands still for want of room.
	Full(l *Task, f *Partition) bool
	// skip goes on behind what retention took from under a reader.
	Skip(f *Partition, lost input.Gap)
	// dropped names the sets for which an event is not to be handled; "" stands for all.
	Dropped(p brook.Position) []string
	// stops reports whether the failure of an event ends Run.
	Stops() bool
	// stage takes the emissions and effects of an event into the batch, those that are to happen.
	Stage(l *Task, f *Partition, m *delivery.Delivery)
	// silence says of a new letter whether its event was acted on.
	Silence(letter *deadletter.Letter)
	// committed tells others what a batch brought, and takes down what is due after it.
	Committed(l *Task, moved []brook.Progress, from []brook.Position)
}

// Live is the target of tasks that fold into the live views: with the lock, and with emissions and
// effects.
type Live struct{ *Set }

func (v Live) Visits() bool { return true }

// Current is false if another process switched, and Process or Redrive saw it first.
func (v Live) Current(g *catalog.Generation) bool { return g == v.Catalog.Live() }

func (v Live) Lost() error {
	if v.Catalog.Lost() {
		return retry.ErrRestart
	}
	return nil
}

func (v Live) Claim(ctx context.Context) error {
	err := v.Catalog.Claim(ctx)
	if err != nil && v.Catalog.Lost() {
		return retry.ErrRestart
	}
	return err
}

// Claimed is false if another version of the code overtook this one, or the live views are others that
// are to be claimed first.
func (v Live) Claimed() bool { return v.Catalog.Claimed() }

func (v Live) Look(feeds []*Partition) {
	for _, f := range feeds {
		f.outbound = v.Outbox.Depth(f.ID)
	}
}

func (v Live) Full(l *Task, f *Partition) bool {
	if f.outbound+len(l.Batch.Items) >= v.Config.MaxOutbox {
		return true
	}
	letters := f.Blocked.Len()
	if letters < v.Config.MaxDeadLetters {
		f.Full = false
		return false
	}
	if !f.Full {
		f.Full = true
		l.due.failures = append(l.due.failures, brook.Failure{What: "handle", Position: f.ID.At(f.Next()), Attempts: 1,
			Err: fmt.Errorf("%w: partition %s has %d and stands still until some are redriven or dropped",
				brook.ErrDeadLettersFull, f.ID, letters)})
	}
	return true
}

// Skip is never called: what the log lost ends a feed of the live views.
func (v Live) Skip(*Partition, input.Gap) {}

func (v Live) Dropped(brook.Position) []string { return nil }

func (v Live) Stops() bool { return v.Config.OnFailure == brook.Stop }

func (v Live) Stage(l *Task, f *Partition, m *delivery.Delivery) {
	if !l.acted(f, m) {
		l.StageEffects(m)
	}
}

func (v Live) Silence(*deadletter.Letter) {}

func (v Live) Committed(l *Task, moved []brook.Progress, from []brook.Position) {
	b, due := &l.Batch, &l.due
	v.Hub.Publish(l.Tx.Changed)
	for _, p := range positions(moved) {
		v.Progress.AdvanceTo(p)
	}
	due.Letters = append(due.Letters, b.Letters...)
	due.unknown = append(due.unknown, b.Unknown...)
	due.Effects = append(due.Effects,
		v.Outbox.Committed(b.Items, b.effects, positions(moved), from, v.Publisher.Marking())...)
	if v.Config.Hooks.Commit != nil && len(moved) > 0 {
		due.commits = append(due.commits, brook.Commit{
			Partitions: moved, Events: b.events, Discarded: b.discarded, Unknown: len(b.Unknown), Repeats: b.repeats,
			Strays: b.strays, Letters: len(b.Letters), Duration: time.Since(b.started),
		})
	}
}
