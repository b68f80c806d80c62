package input

import (
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// Queues are the queues of one task, in the order of topic and partition.
type Queues []*Queue

// Next returns the queue whose head goes first: the one with the lowest record time, and of those
// with the same time the first in order. may reports whether a queue may go on: if it may not,
// nothing is taken from it, and the others do not wait for it. Next returns -1 if the task has to
// wait, and if that is for a head that is paused, how long at most. The task also waits while a
// queue has records that were not read yet, because its head may be older than all others.
func (qs Queues) Next(may func(i int) bool) (first int, wait time.Duration) {
	first = -1
	var now time.Time
	var oldest *brook.Record
	for i, q := range qs {
		if !q.paused.IsZero() {
			if now.IsZero() {
				now = time.Now()
			}
			if d := q.paused.Sub(now); d > 0 {
				if wait == 0 || d < wait {
					wait = d
				}
				continue
			}
		}
		head := q.Head()
		switch {
		case head == nil && q.Unread():
			return -1, wait
		case head == nil || !may(i):
		case first < 0 || head.Time.Before(oldest.Time):
			first, oldest = i, head
		}
	}
	return first, wait
}

// Entry is a record in the order in which Next takes them.
type Entry struct {
	Queue  int // its number among the queues
	Record *brook.Record
}

// Ahead returns the next n records in the order of Next, as far as they were read, and takes none.
// It leaves out those of queues whose head is paused.
func (qs Queues) Ahead(n int) (entries []Entry) {
	at := make([]cursor, len(qs))
	for i, q := range qs {
		at[i] = q.backlog.next
		if !q.paused.IsZero() {
			at[i] = q.backlog.end()
		}
	}
	for len(entries) < n {
		var oldest *brook.Record
		first := -1
		for i, q := range qs {
			if r := q.within(q.backlog.at(at[i])); r != nil &&
				(first < 0 || r.Time.Before(oldest.Time)) {
				first, oldest = i, r
			}
		}
		if first < 0 {
			break
		}
		entries = append(entries, Entry{first, oldest})
		at[first] = qs[first].backlog.after(at[first])
	}
	return entries
}
