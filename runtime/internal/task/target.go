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
	Full(t *Task, p *Partition) bool
	// skip goes on behind what retention took from under a reader.
	Skip(p *Partition, lost input.Gap)
	// dropped names the sets for which an event is not to be handled; "" stands for all.
	Dropped(p brook.Position) []string
	// stops reports whether the failure of an event ends Run.
	Stops() bool
	// stage takes the emissions and effects of an event into the batch, those that are to happen.
	Stage(t *Task, p *Partition, d *delivery.Delivery)
	// silence says of a new letter whether its event was acted on.
	Silence(letter *deadletter.Letter)
	// committed tells others what a batch brought, and takes down what is due after it.
	Committed(t *Task, moved []brook.Progress, from []brook.Position)
}

// Live is the target of tasks that fold into the live views: with the lock, and with emissions and
// effects.
type Live struct{ *Set }

func (l Live) Visits() bool { return true }

// Current is false if another process switched, and Process or Redrive saw it first.
func (l Live) Current(g *catalog.Generation) bool { return g == l.Catalog.Live() }

func (l Live) Lost() error {
	if l.Catalog.Lost() {
		return retry.ErrRestart
	}
	return nil
}

func (l Live) Claim(ctx context.Context) error {
	err := l.Catalog.Claim(ctx)
	if err != nil && l.Catalog.Lost() {
		return retry.ErrRestart
	}
	return err
}

// Claimed is false if another version of the code overtook this one, or the live views are others that
// are to be claimed first.
func (l Live) Claimed() bool { return l.Catalog.Claimed() }

func (l Live) Look(feeds []*Partition) {
	for _, p := range feeds {
		p.outbound = l.Outbox.Depth(p.ID)
	}
}

func (l Live) Full(t *Task, p *Partition) bool {
	if p.outbound+len(t.Batch.Items) >= l.Config.MaxOutbox {
		return true
	}
	letters := p.Blocked.Len()
	if letters < l.Config.MaxDeadLetters {
		p.Full = false
		return false
	}
	if !p.Full {
		p.Full = true
		t.due.failures = append(t.due.failures, brook.Failure{What: "handle", Position: p.ID.At(p.Next()), Attempts: 1,
			Err: fmt.Errorf("%w: partition %s has %d and stands still until some are redriven or dropped",
				brook.ErrDeadLettersFull, p.ID, letters)})
	}
	return true
}

// Skip is never called: what the log lost ends a feed of the live views.
func (l Live) Skip(*Partition, input.Gap) {}

func (l Live) Dropped(brook.Position) []string { return nil }

func (l Live) Stops() bool { return l.Config.OnFailure == brook.Stop }

func (l Live) Stage(t *Task, p *Partition, d *delivery.Delivery) {
	if !t.acted(p, d) {
		t.StageEffects(d)
	}
}

func (l Live) Silence(*deadletter.Letter) {}

func (l Live) Committed(t *Task, moved []brook.Progress, from []brook.Position) {
	b, due := &t.Batch, &t.due
	l.Hub.Publish(t.Tx.Changed)
	for _, p := range positions(moved) {
		l.Progress.AdvanceTo(p)
	}
	due.Letters = append(due.Letters, b.Letters...)
	due.unknown = append(due.unknown, b.Unknown...)
	due.Effects = append(due.Effects,
		l.Outbox.Committed(b.Items, b.effects, positions(moved), from, l.Publisher.Marking())...)
	if l.Config.Hooks.Commit != nil && len(moved) > 0 {
		due.commits = append(due.commits, brook.Commit{
			Partitions: moved, Events: b.events, Discarded: b.discarded, Unknown: len(b.Unknown), Repeats: b.repeats,
			Strays: b.strays, Letters: len(b.Letters), Duration: time.Since(b.started),
		})
	}
}
