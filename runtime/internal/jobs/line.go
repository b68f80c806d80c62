package jobs

import (
	"bytes"
	"container/heap"
	"container/list"
	"context"
	"slices"
	"time"
)

// line is the jobs of one partition, type and key. The mutex of Board guards it.
type line struct {
	id   lineID
	jobs []*Job   // in the order of their places
	held [][]byte // places of dead letters, sorted: jobs behind the first one wait

	state  state
	turn   *list.Element      // of a line that is ready, in the list of these
	due    time.Time          // of a line that is later
	at     int                // in the heap of these
	cancel context.CancelFunc // of the job that is being done
	listed bool               // among Board.unsure
}

// state is where a line is.
type state uint8

const (
	idle    state = iota // nowhere: it is empty, held up, unsure, or others do its jobs
	ready                // its first job can be done
	later                // its first job can be done when it is due
	running              // its first job is being done
)

// insert puts a job into its place, and reports whether it was not there. The job that is being
// done stays the first one.
func (l *line) insert(j *Job) bool {
	first := 0
	if l.state == running {
		if bytes.Equal(l.jobs[0].Place, j.Place) {
			return false
		}
		first = 1
	}
	i, found := slices.BinarySearchFunc(l.jobs[first:], j.Place, comparePlace)
	if found {
		return false
	}
	l.jobs = slices.Insert(l.jobs, first+i, j)
	return true
}

func comparePlace(j *Job, place []byte) int { return bytes.Compare(j.Place, place) }

// remove takes a job out, wherever it is.
func (l *line) remove(j *Job) {
	if i := slices.Index(l.jobs, j); i == 0 {
		l.jobs[0] = nil
		l.jobs = l.jobs[1:]
	} else if i > 0 {
		l.jobs = slices.Delete(l.jobs, i, i+1)
	}
}

// hold holds up what is behind a place.
func (l *line) hold(place []byte) {
	if i, found := slices.BinarySearchFunc(l.held, place, bytes.Compare); !found {
		l.held = slices.Insert(l.held, i, place)
	}
}

// release undoes hold.
func (l *line) release(place []byte) {
	if i, found := slices.BinarySearchFunc(l.held, place, bytes.Compare); found {
		l.held = slices.Delete(l.held, i, i+1)
	}
}

// blocked reports whether a dead letter holds up the first job.
func (l *line) blocked() bool {
	return len(l.held) > 0 && bytes.Compare(l.held[0], l.jobs[0].Place) < 0
}

// schedule puts a line where its first job belongs. One that is ready and stays so keeps its turn.
func (b *Board) schedule(l *line) {
	if l.state == running {
		return
	}
	can := len(l.jobs) > 0 && !l.blocked() && b.acts(l.jobs[0])
	if can && !b.sureOf(l.jobs[0]) {
		can = false
		if !l.listed {
			l.listed, b.unsure = true, append(b.unsure, l)
		}
	}
	now := can && !l.jobs[0].Due.After(b.now())
	switch {
	case now && l.state == ready:
		return
	case l.state == ready:
		b.ready.Remove(l.turn)
	case l.state == later:
		heap.Remove(&b.later, l.at)
	}
	l.state = idle
	switch {
	case now:
		l.state, l.turn = ready, b.ready.PushBack(l)
	case can:
		l.state, l.due = later, l.jobs[0].Due
		heap.Push(&b.later, l)
	}
}

// laterHeap is lines by the time that they are due.
type laterHeap []*line

func (h laterHeap) Len() int           { return len(h) }
func (h laterHeap) Less(i, j int) bool { return h[i].due.Before(h[j].due) }
func (h laterHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i]; h[i].at, h[j].at = i, j }

// Push is that of heap.Interface.
func (h *laterHeap) Push(x any) {
	l := x.(*line)
	l.at = len(*h)
	*h = append(*h, l)
}

// Pop is that of heap.Interface.
func (h *laterHeap) Pop() any {
	last := len(*h) - 1
	l := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return l
}
