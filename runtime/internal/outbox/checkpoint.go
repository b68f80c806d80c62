package outbox

import (
	"slices"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// markPause is how seldom the driver is told how far the app came, where nothing hangs on it.
const markPause = time.Second

// checkpoints are what the driver is to be told: that all below was acted on.
type checkpoints struct {
	due   map[partition.ID]int64
	held  map[partition.ID]int64 // that wait for emissions that could not be published yet
	next  time.Time              // when they are told
	tries int                    // that failed since it was told last
}

// note puts a mark behind the emissions that it counts on.
func (o *Outbox) note(id partition.ID, next int64) {
	if next <= o.share.acted[id] {
		return // marks only rise
	}
	last := len(o.items) - 1
	if last < 0 || !o.items[last].IsCheckpoint() {
		o.items = append(o.items, &Item{checkpoint: map[partition.ID]int64{}})
		last++
	}
	o.items[last].checkpoint[id] = next
}

// Due gives the marks that are to be told, or how long to wait for that, 0: there are none. Now says not to wait; soon, to wait only
// after failures.
func (o *Outbox) Due(soon, now bool) (due []brook.Position, wait time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for id, next := range o.marks.due {
		if o.share.owns(id) && next > o.share.acted[id] {
			due = append(due, id.At(next))
		} else {
			delete(o.marks.due, id) // others go on from there
		}
	}
	if len(due) == 0 {
		o.ease()
		return nil, 0
	}
	soon = (soon || len(o.hurry) > 0) && o.marks.tries == 0
	if wait = time.Until(o.marks.next); wait > 0 && !soon && !now {
		return nil, wait
	}
	slices.SortFunc(due, brook.Position.Compare)
	return due, 0
}

// Confirm forgets the marks that were due.
func (o *Outbox) Confirm(due []brook.Position) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, p := range due {
		o.share.know(partition.Of(p), p.Offset)
	}
	clear(o.marks.due) // only who publishes adds to them, and that is the caller
	o.marks.tries, o.marks.next = 0, time.Now().Add(markPause)
	o.ease()
}

// Postpone has the marks told again later.
func (o *Outbox) Postpone(policy brook.Retry) (tries int, wait time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.marks.tries++
	wait = retry.Wait(policy, o.marks.tries)
	o.marks.next = time.Now().Add(wait)
	return o.marks.tries, wait
}

// Forgo forgets the marks that were due, though they could not be told.
func (o *Outbox) Forgo() {
	o.mu.Lock()
	defer o.mu.Unlock()
	clear(o.marks.due)
	o.marks.tries = 0
	o.ease()
}
