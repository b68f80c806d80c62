package jobs

import (
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
)

// Look is a look at all jobs in the store, while others are committed and done. It begins before
// the store is read.
type Look struct {
	number  uint64
	removed map[string]bool // places of jobs that were removed meanwhile
}

// Begin begins a look; one goroutine looks at a time. It forgets that the store may have jobs that
// are not here.
func (b *Board) Begin() *Look {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.looks++
	b.look = &Look{number: b.looks, removed: map[string]bool{}}
	b.lags = false
	return b.look
}

// Lags notes that the store may have jobs that are not here.
func (b *Board) Lags() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lags = true
	b.wake.Set()
}

// Lagging reports whether the store may have jobs that are not here.
func (b *Board) Lagging() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lags
}

// Saw ends a look that found these jobs and dead letters of jobs in the store. What was committed
// by this process since the look began stays as it is, and so does what is being done.
func (b *Board) Saw(look *Look, jobs []*Job, letters []*deadletter.Letter) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.look = nil
	found := make(map[string]bool, len(jobs))
	for _, j := range jobs {
		found[string(j.Place)] = true
	}
	for _, l := range b.lines {
		l.held = nil
		for i := len(l.jobs) - 1; i >= 0; i-- {
			j := l.jobs[i]
			busy := l.state == running && i == 0
			if !busy && j.added < look.number && !found[string(j.Place)] {
				b.remove(j) // another process did it, or gave it up
			}
		}
	}
	for _, l := range letters {
		if j, err := OfLetter(l); err == nil { // else it holds up nothing
			b.hold(lineID{j.Partition(), j.Type, string(j.Key)}, j.Place)
		}
	}
	for _, j := range jobs {
		if !look.removed[string(j.Place)] {
			b.add(j)
		}
	}
	b.pass()
	b.reconsider()
}

// Forget drops the look: the store could not be read.
func (b *Board) Forget(*Look) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.look, b.lags = nil, true
}

// Clear forgets all jobs, which are to be read again. None is being done.
func (b *Board) Clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.lines)
	clear(b.partitions)
	b.ready.Init()
	b.later, b.passed, b.lags = nil, nil, true
}
