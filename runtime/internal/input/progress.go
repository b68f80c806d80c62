package input

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// Progress is how far the live views have come, and whether somebody takes them further. Calls may
// wait for it. It is safe for concurrent use.
type Progress struct {
	mu        sync.Mutex             // guards all below
	next      map[partition.ID]int64 // all below is dealt with
	confirmed map[partition.ID]bool  // what the views hold is from the log that the driver has
	changed   chan struct{}          // closed and replaced at every change

	stopped  bool  // the last run ended with an error, and none began since
	failure  error // what the last run that failed ended with
	failures int   // how many runs failed
}

// NewProgress returns a Progress of views that have not begun.
func NewProgress() *Progress {
	return &Progress{
		next: map[partition.ID]int64{}, confirmed: map[partition.ID]bool{},
		changed: make(chan struct{}),
	}
}

// Advance notes that all below offset next is dealt with, by what the store holds. It ignores an
// offset that is lower than what is known.
func (p *Progress) Advance(id partition.ID, next int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.advance(id, next)
}

// AdvanceTo notes that all below a position is dealt with, and was read from the driver's log: its
// reader met the record that the views had seen last.
func (p *Progress) AdvanceTo(at brook.Position) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.confirmed[partition.Of(at)] = true
	p.advance(partition.Of(at), at.Offset)
}

// advance moves a partition on. The caller holds mu.
func (p *Progress) advance(id partition.ID, next int64) {
	if next > p.next[id] {
		p.next[id] = next
		p.change()
	}
}

// change wakes who waits. The caller holds mu.
func (p *Progress) change() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// Began notes that somebody begins to take the views further.
func (p *Progress) Began() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = false
}

// Failed notes that a run ended with an error: who waits returns, and nobody begins to wait until
// the next run begins.
func (p *Progress) Failed(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped, p.failure = true, err
	p.failures++
	p.change()
}

// Confirmed reports whether the log of a partition is known to be the one that the views were made
// from.
func (p *Progress) Confirmed(id partition.ID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.confirmed[id]
}

// Confirm notes that the log of a partition is the one that the views were made from.
func (p *Progress) Confirm(id partition.ID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.confirmed[id] = true
}

// Doubt notes that a log may be another one than the views were made from.
func (p *Progress) Doubt() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.confirmed)
}

// Rouse makes who waits for what is dealt with look whether it is ready.
func (p *Progress) Rouse() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.change()
}

// Wait waits until the event at pos is dealt with, or ctx or closed ends, or a run fails. If the
// last run failed and none began since, it does not wait.
func (p *Progress) Wait(ctx context.Context, pos brook.Position, closed <-chan struct{}) error {
	return p.WaitReady(ctx, pos, closed, 0, func() (bool, error) { return true, nil })
}

// WaitReady is Wait, and then waits until ready returns true, or its error: it asks after each
// Rouse, and as often as every says; 0: no more often.
func (p *Progress) WaitReady(
	ctx context.Context, pos brook.Position, closed <-chan struct{}, every time.Duration,
	ready func() (bool, error),
) error {
	p.mu.Lock()
	began := p.failures
	p.mu.Unlock()
	for {
		p.mu.Lock()
		next, changed, failure := p.next[partition.Of(pos)], p.changed, error(nil)
		if p.stopped || p.failures > began {
			failure = p.failure
		}
		p.mu.Unlock()
		var tick <-chan time.Time
		if next > pos.Offset {
			if ok, err := ready(); ok || err != nil {
				return err
			}
			if every > 0 {
				tick = time.After(every)
			}
		}
		if failure != nil {
			return fmt.Errorf("brook: wait for %s (the views stand at %d): Run has ended: %w",
				pos, next, failure)
		}
		select {
		case <-changed:
		case <-tick:
		case <-closed:
			return brook.ErrClosed
		case <-ctx.Done():
			if next > pos.Offset {
				return fmt.Errorf("brook: wait for %s (the event came too early, or is behind one "+
					"that did, and is parked): %w", pos, retry.Ending(ctx))
			}
			return fmt.Errorf("brook: wait for %s (the views stand at %d): %w",
				pos, next, retry.Ending(ctx))
		}
	}
}

// At returns the offset below which all is dealt with.
func (p *Progress) At(id partition.ID) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.next[id]
}

// All returns what is known of all partitions. The map is the caller's.
func (p *Progress) All() map[partition.ID]int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.next)
}
