package input

import (
	"context"
	"fmt"
	"maps"
	"sync"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// Progress is how far the live views have come. Calls may wait for it. It is safe for concurrent
// use.
type Progress struct {
	mu      sync.Mutex             // guards all below
	next    map[partition.ID]int64 // all below is dealt with
	changed chan struct{}          // closed and replaced at every change
}

// NewProgress returns a Progress of views that have not begun.
func NewProgress() *Progress {
	return &Progress{next: map[partition.ID]int64{}, changed: make(chan struct{})}
}

// Advance notes that all below offset next is dealt with. It ignores an offset that is lower than
// what is known.
func (p *Progress) Advance(id partition.ID, next int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if next > p.next[id] {
		p.next[id] = next
		close(p.changed)
		p.changed = make(chan struct{})
	}
}

// AdvanceTo notes that all below a position is dealt with.
func (p *Progress) AdvanceTo(at brook.Position) { p.Advance(partition.Of(at), at.Offset) }

// Wait waits until the event at pos is dealt with, or ctx or closed ends.
func (p *Progress) Wait(ctx context.Context, pos brook.Position, closed <-chan struct{}) error {
	for {
		p.mu.Lock()
		next, changed := p.next[partition.Of(pos)], p.changed
		p.mu.Unlock()
		if next > pos.Offset {
			return nil
		}
		select {
		case <-changed:
		case <-closed:
			return brook.ErrClosed
		case <-ctx.Done():
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
