package task

import (
	"context"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/processor"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// Target is what a task folds into: the live views, or those that a rebuild makes. Nothing here is
// called for each event, except what processor.Target says.
type Target interface {
	processor.Target
	// Visits reports whether batches visit the quiesce lock: others read what they change. It does
	// not change.
	Visits() bool
	// Current reports whether a generation is still the one to fold into.
	Current(g *generation.Generation) bool
	// Lost returns why the task may not fold any longer, nil if it may.
	Lost() error
	// Claim makes sure, before a batch, that the task may fold. The caller does not visit the lock.
	Claim(ctx context.Context) error
	// Claimed reports whether that still holds. The caller visits the lock, or holds it.
	Claimed() bool
	// Look notes, once for each batch, what waits in the outbox.
	Look(partitions []*Partition)
	// Full is called while a partition stands still because it has too many dead letters.
	Full(t *Task, p *Partition)
	// PassGap goes on behind what retention took from under a reader.
	PassGap(p *Partition, lost input.Gap)
	// Committed tells others what a batch brought, and notes what is due after it.
	Committed(t *Task, moved []brook.Progress, from []brook.Position)
}

// Live is the target of tasks that fold into the live views: with the quiesce lock, and with
// emissions and effects.
type Live struct {
	processor.Live
	set *Set
}

// Live returns the target of tasks that fold into the live views.
func (s *Set) Live() Live { return Live{Live: processor.Live{Parts: &s.Parts}, set: s} }

// Visits returns true.
func (l Live) Visits() bool { return true }

// Current returns false if another process promoted a generation, and Process or Redrive saw it
// first.
func (l Live) Current(g *generation.Generation) bool { return g == l.set.Catalog.Live() }

// Lost returns retry.ErrRestart if the claim of the live views is lost.
func (l Live) Lost() error {
	if l.set.Catalog.Claim.Lost() {
		return retry.ErrRestart
	}
	return nil
}

// Claim writes the code's contract into the state, unless that was done.
func (l Live) Claim(ctx context.Context) error {
	err := l.set.Catalog.Claim.Take(ctx)
	if err != nil && l.set.Catalog.Claim.Lost() {
		return retry.ErrRestart
	}
	return err
}

// Claimed returns false if another version of the code overtook this one, or the live views are
// others that are to be claimed first.
func (l Live) Claimed() bool { return l.set.Catalog.Claim.Taken() }

// Look notes how much waits in the outbox for each partition, and how many jobs.
func (l Live) Look(partitions []*Partition) {
	for _, p := range partitions {
		p.outbound = l.Outbox.Depth(p.ID)
		if l.Jobs != nil {
			p.waiting = l.Jobs.Waiting(p.ID)
		}
	}
}

// Full reports a partition that stands still because of its dead letters, once.
func (l Live) Full(t *Task, p *Partition) {
	if p.Full {
		return
	}
	p.Full = true
	t.due.Failures = append(t.due.Failures, brook.Failure{
		What: "folding", Position: p.ID.At(p.Next()), Attempts: 1,
		Err: fmt.Errorf("%w: partition %s has %d and stands still until some are redriven or dropped",
			brook.ErrDeadLettersFull, p.ID, p.Letters()),
	})
}

// PassGap does nothing and is never called: what the log lost ends a partition of the live views.
func (l Live) PassGap(*Partition, input.Gap) {}

// Committed wakes watchers, moves progress on, and hands emissions and effects to the outbox.
func (l Live) Committed(t *Task, moved []brook.Progress, from []brook.Position) {
	s, b, due := l.set, t.Batch, &t.due
	s.Hub.Publish(t.Tx.Changed)
	s.CountTimers(t.Tx)
	s.Flow.Committed(b)
	for _, p := range positions(moved) {
		s.Progress.AdvanceTo(p)
	}
	due.Letters = append(append(due.Letters, b.Letters...), b.Parked.Reported()...)
	due.Unknown = append(due.Unknown, b.Unknown...)
	if len(b.Jobs) > 0 {
		s.Jobs.Committed(b.Jobs) // before the outbox: no checkpoint passes them
	}
	due.Effects = append(due.Effects,
		s.Outbox.Committed(
			b.Items, b.Effects, t.checkpoints(positions(moved)), from,
			s.Publisher.KeepsCheckpoints())...)
	if !b.Parked.Empty() {
		s.Progress.Rouse()
		if t.exclusive {
			s.WakeTasks() // of theirs some may be due
		}
	}
	if s.Config.Hooks.Commit != nil && (len(moved) > 0 || b.Woken > 0) {
		due.Commits = append(due.Commits, brook.Commit{
			Partitions: moved, Events: b.Events, Discarded: b.Discarded, Unknown: len(b.Unknown),
			Repeats: b.Repeats, Lapsed: b.Lapsed, Strays: b.Strays, Letters: len(b.Letters),
			Parked: len(b.Parked.New()), Woken: b.Woken,
			Duration: time.Since(b.Started),
		})
	}
}
