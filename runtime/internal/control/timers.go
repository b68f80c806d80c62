package control

import (
	"bytes"
	"context"
	"errors"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/batch"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/publisher"
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

// laneMap says which partitions are folded by one task, and how far the views have come.
type laneMap struct {
	of    map[partition.ID]int // the task of a partition
	group bool                 // others' tasks run elsewhere
	next  map[partition.ID]int64
}

// lanes returns the tasks that run.
func (x *Timers) lanes(ctx context.Context) (l laneMap, err error) {
	s := x.Tasks
	l = laneMap{of: map[partition.ID]int{}, group: s.Config.Group, next: s.Progress.All()}
	s.TasksMu.Lock()
	for i, t := range s.Tasks {
		for _, p := range t.Partitions {
			l.of[p.ID] = i
		}
	}
	s.TasksMu.Unlock()
	if !s.Catalog.Fenced() || s.Config.Group {
		return l, nil
	}
	// Other processes fold as well.
	err = s.Retry.Do(ctx, "read", func() error {
		standings, err := s.Catalog.Live().Standings(ctx, s.Reader)
		for id, stored := range standings {
			l.next[id] = max(l.next[id], stored.Next)
		}
		return err
	})
	return l, err
}

// passed reports whether the views have come to ends in all partitions of the lane of one. What was
// set in none, or in one that is not read any more, belongs to all lanes.
func (l *laneMap) passed(id partition.ID, ends map[partition.ID]int64) bool {
	lane, known := l.of[id]
	for other, end := range ends {
		its, folded := l.of[other]
		switch {
		case !folded && l.group, known && folded && its != lane: // another lane's
		case l.next[other] < end:
			return false
		}
	}
	return true
}

// entry is a timer that is due.
type entry struct {
	id  partition.ID
	row []byte    // its key
	at  time.Time // by which it is due
}

// publish moves a part of what is due in partitions whose lanes are ready into the outbox.
func (x *Timers) publish(ctx context.Context, ready []partition.ID) (fired bool, err error) {
	s := x.Tasks
	if err := s.Catalog.Claim.Take(ctx); err != nil {
		if s.Catalog.Claim.Lost() {
			return false, nil // another version of the code goes on
		}
		return false, err
	}
	if x.step == 0 {
		x.step = timersStep
	}
	var all []entry
	for _, id := range ready {
		some, done, err := x.collect(ctx, id, x.asked[id].at, x.step-len(all))
		if err != nil {
			return false, err
		}
		if all = append(all, some...); done {
			delete(x.asked, id)
		}
		if len(all) == x.step {
			break
		}
	}
	if len(all) == 0 {
		return false, nil
	}
	err = s.Retry.Do(ctx, "publishing timers", func() error {
		due, err := x.commit(ctx, all)
		x.follow(ctx, due)
		return err
	})
	if err != nil {
		s.Timers.Forget() // collect took them for published
	}
	switch {
	case errors.Is(err, brook.ErrConflict): // another process was faster, or promoted
		err = s.Retry.Do(ctx, "reload", func() error { return s.Catalog.Reload(ctx) })
	case errors.Is(err, brook.ErrTooLarge) && x.step > 1:
		x.step, err = x.step/2, nil
	}
	if err != nil {
		return false, err
	}
	return true, nil
}

// collect returns up to limit timers of a partition that are due at a time. If there are no more,
// done is set, and the partition's head is the first one that is not.
func (x *Timers) collect(
	ctx context.Context, id partition.ID, at time.Time, limit int,
) (all []entry, done bool, err error) {
	s := x.Tasks
	from, to := timers.WaitingOf(id)
	err = s.Retry.Do(ctx, "read", func() error {
		all, done = all[:0], true
		s.Timers.Begin(id)
		g := s.Catalog.Current.Pin()
		defer s.Catalog.Current.Unpin(g)
		for row, err := range s.Reader.Scan(ctx, g.Tables[s.Code.Layout.Due], from, to) {
			if err != nil {
				return err
			}
			e, err := timers.DecodeEntry(row.Key)
			if err != nil {
				return err
			}
			typ, err := timers.TypeOf(e.Row)
			if err != nil {
				return err
			}
			if !s.Code.Events[s.Code.Today(typ)].Timed {
				continue // of other code, which may come back
			}
			if len(all) == limit || e.Due.After(at) {
				done = e.Due.After(at)
				s.Timers.Set(id, e.Due)
				break
			}
			all = append(all, entry{id, bytes.Clone(e.Row), at})
		}
		return nil
	})
	return all, done, err
}

// commit moves timers into the outbox in one commit, with all tasks at rest. It leaves out those
// that were cancelled or set anew meanwhile.
func (x *Timers) commit(ctx context.Context, all []entry) (due batch.Due, err error) {
	s := x.Tasks
	rest, err := s.Quiesce(ctx)
	if err != nil {
		return due, err
	}
	defer rest.End()
	if err := s.Catalog.Claim.TakeLocked(ctx); err != nil {
		return due, err
	}
	if err := s.Emissions.Open(ctx); err != nil {
		return due, err
	}
	t := x.Exclusive.Begin(rest)
	defer t.End()
	rows, entries := t.Gen.Tables[s.Code.Layout.Timers], t.Gen.Tables[s.Code.Layout.Due]
	for _, e := range all {
		v, err := s.Reader.Get(ctx, rows, e.row)
		if errors.Is(err, brook.ErrNotFound) {
			continue
		}
		if err != nil {
			return due, err
		}
		raw := v.Data.([]byte)
		row, err := timers.Decode(raw)
		if err != nil {
			return due, err
		}
		if row.Published || partition.Of(row.Position) != e.id || row.Due.After(e.at) {
			continue
		}
		if s.Catalog.Fenced() {
			t.Batch.Checks = append(t.Batch.Checks,
				brook.Check{Table: rows, Key: e.row, Value: bytes.Clone(raw)})
		}
		waits := row.EntryKey(nil, e.row)
		row.Published = true
		t.Batch.Writes = append(t.Batch.Writes,
			brook.Write{Table: rows, Key: e.row, Value: row.Encode()},
			brook.Write{Table: entries, Key: waits, Op: brook.Remove},
			brook.Write{Table: entries, Key: row.EntryKey(nil, e.row), Value: []byte{}})
		typ, err := timers.TypeOf(e.row)
		if err != nil {
			return due, err
		}
		item, err := s.Emissions.Timer(ctx, typ, row)
		t.Batch.Numbered = true
		if err != nil { // it holds up no others
			t.Batch.Letters = append(t.Batch.Letters, publisher.LetterOf(item, err))
			continue
		}
		t.Batch.Items = append(t.Batch.Items, item)
	}
	if len(t.Batch.Writes) == 0 {
		return due, nil
	}
	ids := map[partition.ID]bool{}
	for i := range t.Batch.Letters {
		ids[partition.Of(t.Batch.Letters[i].Position)] = true
	}
	if s.Catalog.Fenced() && len(ids) > 0 {
		// A promotion that carries letters over must not come between.
		if err := t.BumpEpochs(ctx, ids); err != nil {
			return due, err
		}
	}
	if due, err = t.Commit(ctx); err != nil {
		return batch.Due{}, err
	}
	for i := range due.Letters {
		s.BlockedOf(partition.Of(due.Letters[i].Position)).Add(&due.Letters[i], false)
	}
	return due, nil
}
