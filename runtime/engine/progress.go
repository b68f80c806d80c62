package engine

import (
	"context"
	"fmt"
	"maps"
	"sync"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/effects"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// progress knows how far the live views have come, and wakes those who wait for it.
type progress struct {
	mu      sync.Mutex
	next    map[partition.ID]int64
	changed chan struct{} // closed and replaced at every change
}

func newProgress() *progress {
	return &progress{next: map[partition.ID]int64{}, changed: make(chan struct{})}
}

// advance notes that all below offset next is dealt with.
func (p *progress) advance(id partition.ID, next int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if next > p.next[id] {
		p.next[id] = next
		close(p.changed)
		p.changed = make(chan struct{})
	}
}

// advanceTo notes that all below a position is dealt with.
func (p *progress) advanceTo(at brook.Position) { p.advance(partition.Of(at), at.Offset) }

// wait waits until the event at pos is dealt with, or ctx or closed ends.
func (p *progress) wait(ctx context.Context, pos brook.Position, closed <-chan struct{}) error {
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
			return fmt.Errorf("brook: wait for %s (the views stand at %d): %w", pos, next, retry.Ending(ctx))
		}
	}
}

// WaitFor waits until the views show the event at pos and all before it in its partition: read your own
// writes. Where that event became a dead letter of any set, the error wraps [ErrDeadLetter]. It does not wait for
// emissions or effects, and not at all for the zero position. Somebody has to call Run: this
// app, or another process over a store that announces what is committed ([Announcer]). In an effect of the same app it is refused with [ErrInEffect].
// Where ctx ends the wait, the error wraps ctx's, and where the app is closed, [ErrClosed]. A read that
// fails ends it.
func (a *App) WaitFor(ctx context.Context, pos brook.Position) (err error) {
	if effects.Within(ctx, a) {
		return fmt.Errorf("wait for %s: %w", pos, brook.ErrInEffect)
	}
	if pos.IsZero() {
		return nil
	}
	if !a.code.Reads(pos.Topic) {
		return fmt.Errorf("brook: wait for %s: this app does not read topic %q", pos, pos.Topic)
	}
	if err := a.progress.wait(ctx, pos, a.done); err != nil {
		return err
	}
	ctx, cancel := a.catalog.WhileOpen(ctx)
	defer cancel()
	defer func() { err = catalog.Closing(ctx, err) }()
	from := (&deadletter.Letter{DeadLetter: brook.DeadLetter{Position: pos}}).AppendKey(nil)
	pos.Offset++
	to := (&deadletter.Letter{DeadLetter: brook.DeadLetter{Position: pos}}).AppendKey(nil)
	for {
		g := a.catalog.Live.Load()
		for row, err := range a.reader.Scan(ctx, g.Letters, from, to) {
			if err != nil {
				return err
			}
			l, err := deadletter.Decode(row.Value)
			if err != nil {
				return err
			}
			if l.Stage != brook.StageEmit {
				return fmt.Errorf("%w: %s", brook.ErrDeadLetter, l)
			}
		}
		if err := a.catalog.Confirm(ctx); err != nil {
			return err
		}
		if a.catalog.Live.Load() == g { // else a rebuild may have dropped what was read
			return nil
		}
	}
}

// at gives the offset below which all is dealt with.
func (p *progress) at(id partition.ID) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.next[id]
}

// none reports whether nothing was ever folded.
func (p *progress) none() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.next) == 0
}

// all gives what is known of all partitions.
func (p *progress) all() map[partition.ID]int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.next)
}
