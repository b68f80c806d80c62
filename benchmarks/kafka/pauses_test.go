package kafka

import (
	"sync"
	"time"
)

// pauses notes how long each partition stood still, from when a second member is about to join.
type pauses struct {
	mu    sync.Mutex
	count int
	// watched is whether gaps are noted.
	watched bool
	by      [partitions]string // who deals with it
	at      [partitions]time.Time
	longest [partitions]time.Duration
	moved   [partitions]bool
	second  bool // somebody who was not there before has dealt with something
	waiting []wait
}

type wait struct {
	over func(*pauses) bool
	then chan struct{}
}

// handled says that a member dealt with some events of a partition.
func (p *pauses) handled(by string, partition int32, events int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if p.watched {
		p.longest[partition] = max(p.longest[partition], now.Sub(p.at[partition]))
		if p.by[partition] != by {
			p.moved[partition], p.second = true, true
		}
	}
	p.count += events
	p.by[partition], p.at[partition] = by, now
	left := p.waiting[:0]
	for _, w := range p.waiting {
		if w.over(p) {
			close(w.then)
		} else {
			left = append(left, w)
		}
	}
	p.waiting = left
}

// when gives a channel that is closed once something is so, after some event.
func (p *pauses) when(over func(*pauses) bool) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := wait{over, make(chan struct{})}
	p.waiting = append(p.waiting, w)
	return w.then
}

// watch begins to note gaps.
func (p *pauses) watch() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.watched = true
	now := time.Now()
	for i := range p.at {
		p.at[i] = now
	}
}

// worst gives the longest gaps: of partitions that stayed with their member, and of those that
// moved.
func (p *pauses) worst() (stayed, moved time.Duration, staying, moving int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, d := range p.longest {
		if p.moved[i] {
			moved = max(moved, d)
			moving++
		} else {
			stayed = max(stayed, d)
			staying++
		}
	}
	return stayed, moved, staying, moving
}
