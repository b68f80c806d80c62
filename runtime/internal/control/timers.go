package control

import (
	"context"
	"time"

	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/timers"
)

// Timers publishes the events of timers that are due. It moves them into the outbox, and notes that
// in the timers' rows in the same commit. An event is due once the clock is past its time and all is
// folded that the partitions of its lane held at that moment: an event that cancels it may have
// waited there while nobody folded.
//
// One goroutine calls Step: that of Run, or of CatchUp. Rouse of Tasks.Timers wakes it.
type Timers struct {
	*Calls
	// Clock returns the time by which timers are due.
	Clock func() time.Time
	// Pace is how long it takes at least between two questions to the driver.
	Pace time.Duration

	asked  map[partition.ID]*moment // of partitions whose timers wait for their lanes
	last   time.Time                // when the driver was asked last
	looked time.Time                // when the store was asked last what others set
	step   int                      // how many one commit publishes at most
}

// moment is what the partitions of the log held at some time.
type moment struct {
	at   time.Time
	ends map[partition.ID]int64
}

// The times of timers.
const (
	lookAgain  = time.Second           // between looks at what other processes set
	foldAgain  = 50 * time.Millisecond // between looks at how far other processes folded
	timersStep = 256
)

// Step publishes a part of what is due, and reports whether it did. wait is when to call it again if
// nobody wakes it before; 0: not before. It does nothing for an app without timers, or if x is nil.
func (x *Timers) Step(ctx context.Context) (fired bool, wait time.Duration, err error) {
	if x == nil || x.Tasks.Timers == nil {
		return false, 0, nil
	}
	heads := x.Tasks.Timers
	if err := x.look(ctx); err != nil {
		return false, 0, err
	}
	now := x.Clock()
	due, next := x.due(now)
	if len(due) == 0 {
		heads.Await(false)
		return false, x.until(now, next), nil
	}
	heads.Await(true) // before it is asked how far the views have come
	wait = x.until(now, next)
	if paced, err := x.ask(ctx, due, now); err != nil || paced > 0 {
		return false, paced, err
	}
	lanes, err := x.lanes(ctx)
	if err != nil {
		return false, 0, err
	}
	var ready []partition.ID
	for _, id := range due {
		if m := x.asked[id]; m != nil && lanes.passed(id, m.ends) {
			ready = append(ready, id)
		}
	}
	if len(ready) == 0 {
		return false, x.sooner(wait), nil
	}
	fired, err = x.publish(ctx, ready)
	return fired, x.sooner(wait), err
}

// sooner returns how long to wait at most while a lane is behind.
func (x *Timers) sooner(wait time.Duration) time.Duration {
	if x.Tasks.Catalog.Fenced() && !x.Tasks.Config.Group && (wait == 0 || foldAgain < wait) {
		return foldAgain
	}
	return wait
}

// until returns how long to wait until a time; 0: there is nothing to wait for.
func (x *Timers) until(now, next time.Time) time.Duration {
	wait := time.Duration(0)
	if !next.IsZero() {
		wait = max(next.Sub(now), 1)
	}
	if x.Tasks.Catalog.Fenced() && (wait == 0 || lookAgain < wait) {
		wait = lookAgain
	}
	return wait
}

// look asks the store for the first timer of each partition, if there may be others than were heard
// of: other processes may set some over a shared store.
func (x *Timers) look(ctx context.Context) error {
	s := x.Tasks
	if now := time.Now(); s.Catalog.Fenced() && now.Sub(x.looked) >= lookAgain {
		x.looked = now
		s.Timers.Forget()
	}
	unknown, mark := s.Timers.Unknown()
	if !unknown {
		return nil
	}
	first := map[partition.ID]time.Time{}
	err := s.Retry.Do(ctx, "read", func() error {
		clear(first)
		g := s.Catalog.Current.Pin()
		defer s.Catalog.Current.Unpin(g)
		from, to := timers.Waiting()
		for more := true; more; {
			more = false
			for row, err := range s.Reader.Scan(ctx, g.Tables[s.Code.Layout.Due], from, to) {
				if err != nil {
					return err
				}
				e, err := timers.DecodeEntry(row.Key)
				if err != nil {
					return err
				}
				first[e.Partition] = e.Due
				_, from = timers.WaitingOf(e.Partition)
				more = true
				break
			}
		}
		return nil
	})
	if err == nil {
		s.Timers.Learn(first, mark)
	}
	return err
}

// due returns the partitions that this process acts for and whose first timer is due, and when the
// next one is.
func (x *Timers) due(now time.Time) (due []partition.ID, next time.Time) {
	for id, first := range x.Tasks.Timers.All() {
		switch {
		case !x.acts(id):
			delete(x.asked, id)
		case !first.After(now):
			if x.Tasks.Outbox.Depth(id) < x.Tasks.Config.MaxOutbox {
				due = append(due, id)
			}
		case next.IsZero() || first.Before(next):
			next = first
		}
	}
	return due, next
}

// acts reports whether this process publishes what was set in a partition.
func (x *Timers) acts(id partition.ID) bool {
	s := x.Tasks
	switch {
	case s.Catalog.Fenced() && !s.Config.Group:
		return s.Outbox.Lease.Publishes()
	case id == partition.ID{}: // of Process, which others know nothing of
		return true
	}
	return x.actsFor(id)
}

// ask asks the driver what the partitions hold, if there are some that are not asked for yet. It
// returns how long to wait first.
func (x *Timers) ask(
	ctx context.Context, due []partition.ID, now time.Time,
) (wait time.Duration, err error) {
	all := true
	for _, id := range due {
		all = all && x.asked[id] != nil
	}
	if all {
		return 0, nil
	}
	if wait := x.Pace - time.Since(x.last); wait > 0 {
		return wait, nil
	}
	x.last = time.Now()
	partitions, err := x.Tasks.Partitions(ctx)
	if err != nil {
		return 0, err
	}
	m := &moment{at: now, ends: map[partition.ID]int64{}}
	for _, p := range partitions {
		m.ends[partition.ID{Topic: p.Topic, Number: p.Number}] = p.End
	}
	if x.asked == nil {
		x.asked = map[partition.ID]*moment{}
	}
	for _, id := range due {
		if x.asked[id] == nil {
			x.asked[id] = m
		}
	}
	return 0, nil
}
