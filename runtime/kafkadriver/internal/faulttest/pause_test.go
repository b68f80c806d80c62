package faulttest_test

import (
	"sync"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// pauses measures how long partitions stand still that a member keeps through rebalances, while
// there is always something to fold.
type pauses struct {
	mu      sync.Mutex
	has     map[int32]bool
	last    map[int32]time.Time // of a commit
	longest time.Duration
	times   int // how often the group was divided
}

// watch adds to the hooks of a configuration.
func (p *pauses) watch(c *brook.Config) {
	p.last = map[int32]time.Time{}
	c.Hooks.Assigned = func(positions []brook.Position) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.times++
		now := map[int32]bool{}
		for _, pos := range positions {
			now[pos.Partition] = true
		}
		for n := range p.last {
			if !now[n] || !p.has[n] {
				delete(p.last, n)
			}
		}
		p.has = now
	}
	c.Hooks.Commit = func(commit brook.Commit) {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, progress := range commit.Partitions {
			now := time.Now()
			if before, ok := p.last[progress.Partition]; ok {
				p.longest = max(p.longest, now.Sub(before))
			}
			p.last[progress.Partition] = now
		}
	}
}

func (p *pauses) result() (longest time.Duration, divisions int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.longest, p.times
}
