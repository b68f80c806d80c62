package jobs

import (
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// The methods below make the board go by the same ownership as the outbox, which calls them with
// its own lock held.

// Join makes the app a member of a group, see ownership.Ownership.
func (b *Board) Join(divided bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.owned.Join(divided)
	b.reconsider()
}

// Dissolve ends the membership: the app does the jobs of all partitions.
func (b *Board) Dissolve() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.owned.Dissolve()
	b.reconsider()
}

// Assign makes partitions the app's, and no others. Their offsets are the group's checkpoints.
func (b *Board) Assign(checkpoints map[partition.ID]int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.owned.Assign(checkpoints)
	b.lags = true
	b.pass()
	b.reconsider()
}

// Acknowledge notes checkpoints of the group: jobs below them are done.
func (b *Board) Acknowledge(checkpoints map[partition.ID]int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, offset := range checkpoints {
		b.owned.Acknowledge(id, offset)
	}
	b.pass()
}

// HasDeferred reports whether other members are to do jobs that are here.
func (b *Board) HasDeferred() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.owned.Divided() {
		return false
	}
	for id := range b.partitions {
		if !b.owned.Owns(id) && id != (partition.ID{}) {
			return true
		}
	}
	return false
}

// RequireLease makes the holder of the lease do all jobs.
func (b *Board) RequireLease() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.leased = true
	b.reconsider()
}

// Hold notes whether this process holds the lease.
func (b *Board) Hold(held bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lags = b.lags || held && !b.holder
	b.holder = held
	b.reconsider()
}

// Idle reports whether there are jobs here that the holder of the lease does, which says nothing of
// it: they are here until somebody looks.
func (b *Board) Idle() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.leased && !b.holder && len(b.lines) > 0
}

// acts reports whether this process is to do a job.
func (b *Board) acts(j *Job) bool {
	id := j.Source()
	switch {
	case b.leased:
		return b.holder
	case !b.Shared && (j.Free || id == partition.ID{}):
		return true
	}
	return b.owns(id)
}

// owns reports whether a partition is the app's, or, if it is none that members divide, the one that
// stands for it.
func (b *Board) owns(id partition.ID) bool {
	if b.Home != nil {
		id = b.Home(id)
	}
	return b.owned.Owns(id)
}

// pass lets go of the jobs that the group did, which are in partitions of other members, or were
// until now. None of them is being done.
func (b *Board) pass() {
	if !b.owned.Divided() {
		return
	}
	for _, l := range b.lines {
		b.letGo(l, func(j *Job) bool { return b.owned.Acted(j.Mark()) })
	}
	b.wake.Set()
}

// Overtaken lets go of the jobs of events below checkpoints, which an earlier process did.
func (b *Board) Overtaken(checkpoints map[partition.ID]int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, l := range b.lines {
		b.letGo(l, func(j *Job) bool { return j.Mark().Offset < checkpoints[j.Source()] })
	}
	b.wake.Set()
}

// letGo lets go of the jobs of a line that others did. None of them is being done.
func (b *Board) letGo(l *line, did func(*Job) bool) {
	for i := len(l.jobs) - 1; i >= 0; i-- {
		if j := l.jobs[i]; !j.Free && did(j) && (l.state != running || i > 0) {
			b.remove(j)
			b.passed = append(b.passed, j)
		}
	}
}

// reconsider puts all lines where they belong now, and cancels what others are to do.
func (b *Board) reconsider() {
	for _, l := range b.lines {
		if l.state == running && !b.acts(l.jobs[0]) && l.cancel != nil {
			l.cancel()
		}
		b.schedule(l)
	}
	b.wake.Set()
}
