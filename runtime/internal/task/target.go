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
	// Visits reports whether batches visit the quiesce lock: others read what they change.
	Visits() bool
	// Current reports whether a generation is still the one to fold into.
	Current(g *catalog.Generation) bool
	// Lost returns why the task may not fold any longer, nil if it may.
	Lost() error
	// Claim makes sure, before a batch, that the task may fold. The caller does not visit the lock.
	Claim(ctx context.Context) error
	// Claimed reports whether that still holds. The caller visits the lock, or holds it.
	Claimed() bool
	// Look notes, once for each batch, what waits in the outbox.
	Look(partitions []*Partition)
	// Full reports whether a partition stands still because too much of it waits.
	Full(t *Task, p *Partition) bool
	// PassGap goes on behind what retention took from under a reader.
	PassGap(p *Partition, lost input.Gap)
	// Dropped returns the sets that are not to handle an event; "" stands for all.
	Dropped(at brook.Position) []string
	// Stops reports whether the failure of an event ends Run.
	Stops() bool
	// Stage takes into the batch those emissions and effects of an event that are to happen.
	Stage(t *Task, p *Partition, d *delivery.Delivery)
	// Silence notes in a new letter whether its event was acted on.
	Silence(letter *deadletter.Letter)
	// Committed tells others what a batch brought, and notes what is due after it.
	Committed(t *Task, moved []brook.Progress, from []brook.Position)
}

// Live is the target of tasks that fold into the live views: with the quiesce lock, and with
// emissions and effects.
type Live struct{ *Set }

// Visits returns true.
func (l Live) Visits() bool { return true }

// Current returns false if another process promoted a generation, and Process or Redrive saw it
// first.
func (l Live) Current(g *catalog.Generation) bool { return g == l.Catalog.Live() }

// Lost returns retry.ErrRestart if the claim of the live views is lost.
func (l Live) Lost() error {
	if l.Catalog.Lost() {
		return retry.ErrRestart
	}
	return nil
}

// Claim writes the code's contract into the state, unless that was done.
func (l Live) Claim(ctx context.Context) error {
	err := l.Catalog.Claim(ctx)
	if err != nil && l.Catalog.Lost() {
		return retry.ErrRestart
	}
	return err
}

// Claimed returns false if another version of the code overtook this one, or the live views are
// others that are to be claimed first.
func (l Live) Claimed() bool { return l.Catalog.Claimed() }

// Look notes how much waits in the outbox for each partition.
func (l Live) Look(partitions []*Partition) {
	for _, p := range partitions {
		p.outbound = l.Outbox.Depth(p.ID)
	}
}

// Full reports whether a partition stands still: too many of its emissions wait in the outbox, or
// it has too many dead letters.
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
		t.due.failures = append(t.due.failures, brook.Failure{
			What: "handle", Position: p.ID.At(p.Next()), Attempts: 1,
			Err: fmt.Errorf("%w: partition %s has %d and stands still until some are redriven or dropped",
				brook.ErrDeadLettersFull, p.ID, letters),
		})
	}
	return true
}

// PassGap does nothing and is never called: what the log lost ends a partition of the live views.
func (l Live) PassGap(*Partition, input.Gap) {}

// Dropped returns nil.
func (l Live) Dropped(brook.Position) []string { return nil }

// Stops reports whether Config.OnFailure is Stop.
func (l Live) Stops() bool { return l.Config.OnFailure == brook.Stop }

// Stage takes what is not done yet into the batch.
func (l Live) Stage(t *Task, p *Partition, d *delivery.Delivery) {
	if !t.acted(p, d) {
		t.StageEffects(d)
	}
}

// Silence does nothing: the live views act on their events.
func (l Live) Silence(*deadletter.Letter) {}

// Committed wakes watchers, moves progress on, and hands emissions and effects to the outbox.
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
			Partitions: moved, Events: b.events, Discarded: b.discarded, Unknown: len(b.Unknown),
			Repeats: b.repeats, Strays: b.strays, Letters: len(b.Letters),
			Duration: time.Since(b.started),
		})
	}
}
