// Package jobs is what is to be done for events outside of the views: jobs as they are stored, and
// the Board, which knows all that wait and says which is done next.
//
// Tasks tell the Board what they committed, the outbox what partitions are the app's, and package
// workers takes jobs from it and gives them back. Any goroutine may call it. Board.mu guards the
// board with its lines and all jobs in these, except that who took a job has its Attempts and Due.
// It comes after Outbox.mu, and nothing is called or locked under it.
package jobs

import (
	"container/heap"
	"container/list"
	"context"
	"crypto/rand"
	"sync"
	"sync/atomic"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ownership"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// Board holds the jobs that wait and those that are being done. Jobs of one partition, type and key
// form a line: they are done one after the other, in the order of their places. A dead letter of a
// job holds up those behind it in its line.
type Board struct {
	Table brook.Table // of the jobs; set by Open, before all calls
	// Today returns the type of jobs that may have an earlier name.
	Today func(string) string
	// Home returns the partition whose owner does the jobs of one; nil: each stands for itself.
	Home func(partition.ID) partition.ID
	// Shared says that several processes write the store.
	Shared bool

	mu     sync.Mutex
	now    func() time.Time
	owned  ownership.Ownership
	leased bool // over a shared store, who holds the lease does all jobs
	holder bool // of the lease
	lags   bool // the store may have jobs that are not here

	lines      map[lineID]*line
	partitions map[partition.ID]*waiting
	ready      list.List // of lines whose first job can be done, first come first served
	later      laterHeap
	unsure     []*line // whose first job waits for a look
	passed     []*Job  // others did them: they are only to be removed from the store
	look       *Look   // under way; nil: none
	looks      uint64
	sure       uint64 // of jobs that came up to this look, all that others committed before is here
	wake       retry.Signal

	writer string // of notes; never changes
	notes  atomic.Uint64
}

// lineID names a line.
type lineID struct {
	partition partition.ID
	typ, key  string
}

// New returns an empty board of an app that owns all partitions.
func New() *Board {
	return &Board{
		lines: map[lineID]*line{}, partitions: map[partition.ID]*waiting{}, wake: retry.NewSignal(),
		now: time.Now, writer: rand.Text(), looks: 1,
	}
}

// SetClock makes jobs due by another clock than time.Now.
func (b *Board) SetClock(now func() time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = now
	b.reconsider()
}

// Wake returns a channel that holds a token if there may be something to do. One goroutine receives
// from it.
func (b *Board) Wake() <-chan struct{} { return b.wake }

// Rouse makes who receives from Wake look at the board.
func (b *Board) Rouse() { b.wake.Set() }

// Committed takes jobs that a commit of this process stored. Over a shared store, where others may
// have committed before, the holder of the lease has them from there as well.
func (b *Board) Committed(jobs []*Job) {
	if len(jobs) == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, j := range jobs {
		if !j.Free && b.owned.Acted(j.Mark()) { // another member did it, since it was folded
			b.passed = append(b.passed, j)
			continue
		}
		b.add(j, b.looks)
	}
	b.wake.Set()
}

// Waiting returns how many jobs wait, are held up, or are being done that were asked for when the
// events of a partition were folded.
func (b *Board) Waiting(id partition.ID) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if w := b.partitions[id]; w != nil {
		return w.jobs
	}
	return 0
}

// Total returns how many jobs wait, are held up, or are being done.
func (b *Board) Total() (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range b.partitions {
		n += w.jobs
	}
	return n
}

// Unfinished returns the offset of the first event of a partition, below next, whose jobs are not
// all done, or next. Jobs that are done whoever owns the partition do not count.
func (b *Board) Unfinished(id partition.ID, next int64) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	if w := b.partitions[id]; w != nil {
		return min(next, w.first(next))
	}
	return next
}

// Take returns the job that is to be done next, nil if none is, and then how long it is until one
// is; 0: nobody knows. cancel is called if others are to do the job. The caller has the job until
// it calls Done, GiveUp or Return.
func (b *Board) Take(now time.Time, cancel context.CancelFunc) (j *Job, wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.Shared && b.lags {
		return nil, 0
	}
	for len(b.later) > 0 && !b.later[0].due.After(now) {
		l := heap.Pop(&b.later).(*line)
		l.state, l.turn = ready, b.ready.PushBack(l)
	}
	if first := b.ready.Front(); first != nil {
		l := b.ready.Remove(first).(*line)
		l.state, l.cancel = running, cancel
		return l.jobs[0], 0
	}
	if len(b.later) > 0 {
		wait = max(1, b.later[0].due.Sub(now))
	}
	return nil, wait
}

// Done notes that jobs are no longer stored: they are done.
func (b *Board) Done(jobs ...*Job) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, j := range jobs {
		b.end(j)
		b.remove(j)
	}
	b.wake.Set()
}

// Return gives a job back that was not tried, or is to be tried again.
func (b *Board) Return(j *Job) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.end(j)
	if j.tried = b.looks; !j.gone {
		b.schedule(j.line)
	}
	b.wake.Set()
}

// GiveUp notes that a job became a dead letter, which holds up those behind it.
func (b *Board) GiveUp(j *Job) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.end(j)
	b.hold(lineID{j.Partition(), j.Type, string(j.Key)}, j.Place)
	b.remove(j)
	b.wake.Set()
}

// Release notes that the dead letter of a job is gone: it was dropped, or redriven.
func (b *Board) Release(j *Job) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if l := b.lines[lineID{j.Partition(), j.Type, string(j.Key)}]; l != nil {
		l.release(j.Place)
		b.schedule(l)
		b.tidy(l)
	}
	b.wake.Set()
}

// Passed returns the jobs that other members did, which are to be removed from the store, and
// forgets them.
func (b *Board) Passed() []*Job {
	b.mu.Lock()
	defer b.mu.Unlock()
	passed := b.passed
	b.passed = nil
	return passed
}

// add puts a job into its line, unless it is there. came is the number of the look that was the last
// one when it came.
func (b *Board) add(j *Job, came uint64) {
	id := lineID{j.Partition(), j.Type, string(j.Key)}
	l := b.lineOf(id)
	if !l.insert(j) {
		return
	}
	j.line, j.added = l, came
	w := b.partitions[j.Source()]
	if w == nil {
		w = &waiting{}
		b.partitions[j.Source()] = w
	}
	w.add(j)
	b.schedule(l)
}

// remove takes a job out of its line.
func (b *Board) remove(j *Job) {
	if j.gone || j.line == nil {
		return
	}
	j.gone = true
	l := j.line
	l.remove(j)
	w := b.partitions[j.Source()]
	if w.jobs--; w.jobs == 0 {
		delete(b.partitions, j.Source())
	}
	if b.look != nil {
		b.look.removed[string(j.Place)] = true
	}
	b.schedule(l)
	b.tidy(l)
}

// end notes that a job is not being done any more.
func (b *Board) end(j *Job) {
	if l := j.line; l != nil && l.state == running && l.jobs[0] == j {
		l.state, l.cancel = idle, nil
	}
}

func (b *Board) lineOf(id lineID) *line {
	if b.lines[id] == nil {
		b.lines[id] = &line{id: id}
	}
	return b.lines[id]
}

// hold holds up what is behind a place in a line.
func (b *Board) hold(id lineID, place []byte) { b.lineOf(id).hold(place) }

// tidy forgets a line that is empty.
func (b *Board) tidy(l *line) {
	if len(l.jobs)+len(l.held) == 0 && l.state == idle {
		delete(b.lines, l.id)
	}
}
