package engine

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

// target is what a task folds into: the live views, or those that a rebuild makes.
type target interface {
	// visits reports whether batches visit the lock: others read what they change.
	visits() bool
	// current reports whether a generation is still the one to fold into.
	current(g *catalog.Generation) bool
	// lost returns why the task may not fold any longer, nil if it may.
	lost() error
	// claim makes sure, before a batch, that the task may fold. The caller does not visit the lock.
	claim(ctx context.Context) error
	// claimed reports whether that still holds. The caller visits the lock, or has it.
	claimed() bool
	// look notes, once for each batch, what waits in the outbox.
	look(feeds []*feed)
	// full reports whether a feed stands still for want of room.
	full(l *lane, f *feed) bool
	// skip goes on behind what retention took from under a reader.
	skip(f *feed, lost input.Gap)
	// dropped names the sets for which an event is not to be handled; "" stands for all.
	dropped(p brook.Position) []string
	// stops reports whether the failure of an event ends Run.
	stops() bool
	// stage takes the emissions and effects of an event into the batch, those that are to happen.
	stage(l *lane, f *feed, m *delivery.Delivery)
	// silence says of a new letter whether its event was acted on.
	silence(letter *deadletter.Letter)
	// committed tells others what a batch brought, and takes down what is due after it.
	committed(l *lane, moved []brook.Progress, from []brook.Position)
}

// liveViews is the target of tasks that fold into the live views: with the lock, and with emissions and
// effects.
type liveViews struct{ *tasks }

func (v liveViews) visits() bool { return true }

// current is false if another process switched, and Process or Redrive saw it first.
func (v liveViews) current(g *catalog.Generation) bool { return g == v.catalog.Live.Load() }

func (v liveViews) lost() error {
	if v.catalog.Lost.Load() {
		return retry.ErrRestart
	}
	return nil
}

func (v liveViews) claim(ctx context.Context) error {
	err := v.catalog.Claim(ctx)
	if err != nil && v.catalog.Lost.Load() {
		return retry.ErrRestart
	}
	return err
}

// claimed is false if another version of the code overtook this one, or the live views are others that
// are to be claimed first.
func (v liveViews) claimed() bool { return v.catalog.Claimed.Load() }

func (v liveViews) look(feeds []*feed) {
	for _, f := range feeds {
		f.outbound = v.outbox.Depth(f.ID)
	}
}

func (v liveViews) full(l *lane, f *feed) bool {
	if f.outbound+len(l.batch.items) >= v.config.MaxOutbox {
		return true
	}
	letters := f.waits.Len()
	if letters < v.config.MaxDeadLetters {
		f.full = false
		return false
	}
	if !f.full {
		f.full = true
		l.due.failures = append(l.due.failures, brook.Failure{What: "handle", Position: f.ID.At(f.Next()), Attempts: 1,
			Err: fmt.Errorf("%w: partition %s has %d and stands still until some are redriven or dropped",
				brook.ErrDeadLettersFull, f.ID, letters)})
	}
	return true
}

// skip is never called: what the log lost ends a feed of the live views.
func (v liveViews) skip(*feed, input.Gap) {}

func (v liveViews) dropped(brook.Position) []string { return nil }

func (v liveViews) stops() bool { return v.config.OnFailure == brook.Stop }

func (v liveViews) stage(l *lane, f *feed, m *delivery.Delivery) {
	if !l.acted(f, m) {
		l.act(m)
	}
}

func (v liveViews) silence(*deadletter.Letter) {}

func (v liveViews) committed(l *lane, moved []brook.Progress, from []brook.Position) {
	b, due := &l.batch, &l.due
	v.hub.Publish(l.tx.Changed)
	for _, p := range positions(moved) {
		v.progress.advanceTo(p)
	}
	due.letters = append(due.letters, b.letters...)
	due.unknown = append(due.unknown, b.unknown...)
	due.effects = append(due.effects,
		v.outbox.Committed(b.items, b.effects, positions(moved), from, v.publisher.Marking())...)
	if v.config.Hooks.Commit != nil && len(moved) > 0 {
		due.commits = append(due.commits, brook.Commit{
			Partitions: moved, Events: b.events, Discarded: b.discarded, Unknown: len(b.unknown), Repeats: b.repeats,
			Strays: b.strays, Letters: len(b.letters), Duration: time.Since(b.started),
		})
	}
}

// The target of a rebuild: nobody reads the views that it makes until they are promoted.

func (r *rebuilding) visits() bool                     { return false }
func (r *rebuilding) current(*catalog.Generation) bool { return true }
func (r *rebuilding) lost() error                      { return nil }
func (r *rebuilding) claim(context.Context) error      { return nil }
func (r *rebuilding) claimed() bool                    { return true }
func (r *rebuilding) look([]*feed)                     {}
func (r *rebuilding) stops() bool                      { return false }

func (r *rebuilding) dropped(p brook.Position) []string { return r.asides.Dropped(p) }

func (r *rebuilding) stage(l *lane, _ *feed, m *delivery.Delivery) { l.owe(m, r.asides) }

func (r *rebuilding) silence(letter *deadletter.Letter) {
	if letter.Stage != brook.StageEmit {
		letter.Silent, letter.Owes = r.asides.Silence(letter)
	}
}

func (r *rebuilding) committed(l *lane, _ []brook.Progress, _ []brook.Position) {
	r.passedOver(l.batch.unknown)
}
