// Package gauge keeps what an app shows of itself while it works: how far each partition is, what
// Run is about, and what became of rebuilds. It is what Status is made of, so that nobody who asks
// waits for a task, the store or the log.
//
// Those who work write, batch by batch and never for each event; anybody reads. Each type has a
// mutex, under which nothing else is taken or called.
package gauge

import (
	"sync"
	"sync/atomic"
	"time"
)

// Grace is for how long a partition may have events that are not folded before it is behind: with a
// steady stream there are always some.
const Grace = 10 * time.Second

// waits is after how long a reader that asked the log had to wait for a record: a log that has one
// answers sooner.
const waits = time.Second

// Partition is how far one partition is that a task folds. The task writes what it folds, and the
// reader what it reads. A nil Partition is that of a queue that nobody shows.
type Partition struct {
	mu         sync.Mutex
	began      time.Time
	next, end  int64
	learned    time.Time // when the log was heard of last
	asked      time.Time // since when the reader waits for it; zero: it does not
	ahead      int64     // all below was read
	fetched    time.Time // the time of the first record that was read last
	head       time.Time // the time of the oldest record that the task has and is not committed
	last       time.Time // the time of the last record that is committed
	moved      time.Time
	aim        int64     // the end of the partition that is being folded to
	aimed      time.Time // when that was the end
	shown      time.Time // the views show what the log held then; zero: not since it began
	live       time.Time // since when it is not behind
	mended     time.Time // when store or log answered again
	held       held
	read, fold trouble
	of         *Partitions // nil: it is alone
	arrived    atomic.Bool // it was not behind once, since it began
}

// trouble is what the reader or the task can't go on for.
type trouble struct {
	kind  Kind
	since time.Time
	why   string
}

// Kind is what a partition can't go on for.
type Kind int

// The kinds, and none.
const (
	None Kind = iota
	Store
	Log
	Handler
)

// Reading is what a Partition said at an instant.
type Reading struct {
	Next, End   int64
	Age         time.Duration // of the oldest record that waits, as far as is known
	Last        time.Time     // the time of the last record that is dealt with
	Moved       time.Time
	Behind      bool      // it has events that were in the log before Grace
	Since       time.Time // since when it is behind, or is not
	Kind        Kind      // what it can't go on for
	Stuck       time.Time // since when
	Why         string
	Undelivered time.Time // since when the log holds records that it does not deliver; zero: it does
}

// NewPartition returns the gauge of a partition that begins at an offset.
func NewPartition(next, end int64) *Partition {
	now := time.Now()
	p := &Partition{
		began: now, next: next, end: end, ahead: next, learned: now, aim: end, aimed: now, live: now,
	}
	if next >= end {
		p.shown = now
	}
	p.arrived.Store(!p.behind(now))
	return p
}

// resume notes that another task goes on at an offset, with a reader of its own.
func (p *Partition) resume(next, end int64) {
	p.mu.Lock()
	p.asked, p.ahead, p.learned, p.held = time.Time{}, next, time.Now(), held{}
	p.mu.Unlock()
	p.Committed(next, time.Time{}, time.Time{})
	p.Learn(end)
	p.ReadFails(nil)
	p.FoldFails(nil, None)
}

// Asks notes that the reader asks the log for records.
func (p *Partition) Asks() {
	if p == nil {
		return
	}
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = now
}

// Answers notes what the log answered the reader: the offset below which all was read, the
// partition's end, and the time of the first record, zero if there is none. The task may take what
// was read much later.
func (p *Partition) Answers(next, end int64, first time.Time) {
	if p == nil {
		return
	}
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.learn(end, now)
	if next > p.ahead {
		p.held = held{}
	}
	p.asked, p.ahead = time.Time{}, max(p.ahead, next)
	if !first.IsZero() {
		p.fetched = first
	}
}

// Learn notes the partition's end, which the driver was asked for.
func (p *Partition) Learn(end int64) {
	if p == nil {
		return
	}
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.learn(end, now)
}

func (p *Partition) learn(end int64, now time.Time) {
	if p.next >= p.end { // all that was known is folded
		p.shown, p.aim, p.aimed = p.learned, end, now
		if !p.asked.IsZero() && now.Sub(p.asked) >= waits {
			p.shown = now // and there was nothing else
		}
	}
	p.learned, p.end = now, max(p.end, end)
}

// Took notes that the task took what was read. head is the time of the oldest record that is not
// committed, zero if it has none.
func (p *Partition) Took(head time.Time) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.head = head
}

// Committed notes a commit: all below next is dealt with. last is the time of the last record of
// the batch, zero if it had none; head is as for Took.
func (p *Partition) Committed(next int64, head, last time.Time) {
	if p == nil {
		return
	}
	now := time.Now()
	p.mu.Lock()
	arrives := p.commit(next, head, last, now)
	p.mu.Unlock()
	if arrives && p.of != nil {
		p.of.arrives(now)
	}
}

// commit notes a commit, and reports whether the partition is not behind for the first time.
func (p *Partition) commit(next int64, head, last, now time.Time) (arrives bool) {
	behind := p.behind(now)
	if next != p.next {
		p.next, p.moved = next, now
	}
	p.end, p.head = max(p.end, next), head
	if !last.IsZero() {
		p.last = last
	}
	switch {
	case p.next >= p.end:
		p.shown, p.aim, p.aimed = now, p.end, now
	case p.next >= p.aim:
		p.shown, p.aim, p.aimed = p.aimed, p.end, p.learned
	}
	if !behind || p.behind(now) {
		return false
	}
	p.live = now
	return !p.arrived.Swap(true)
}

// behind reports whether the partition has events that were in the log before Grace.
func (p *Partition) behind(now time.Time) bool {
	return p.next < p.end && now.Sub(p.shown) > Grace
}

// ReadFails notes that the reader can't go on, and why; err nil: it goes on.
func (p *Partition) ReadFails(err error) { p.fails(err, Log, func() *trouble { return &p.read }) }

// FoldFails notes that the task can't go on, and why; err nil: it goes on.
func (p *Partition) FoldFails(err error, kind Kind) {
	p.fails(err, kind, func() *trouble { return &p.fold })
}

func (p *Partition) fails(err error, kind Kind, part func() *trouble) {
	if p == nil {
		return
	}
	now, why := time.Now(), ""
	if err != nil {
		why = err.Error()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	t := part()
	lasted, at := p.readLasts(now)
	if kind == Log && err != nil {
		p.asked = time.Time{}
	}
	switch {
	case err == nil:
		if t.kind == Store || t.kind == Log {
			p.mended = now
		}
		if t.kind == Log && lasted {
			p.mended = at
		}
		*t = trouble{}
	case t.kind == kind:
		t.why = why
	default:
		*t = trouble{kind, now, why}
	}
}

// readLasts reports whether reading works again, though it failed and has returned nothing since,
// and since when: the partition may have nothing to be read. It is called with p.mu held.
func (p *Partition) readLasts(now time.Time) (bool, time.Time) {
	at := p.asked.Add(Grace)
	return p.read.kind != None && !p.asked.IsZero() && !now.Before(at), at
}

// Reading returns what the partition says now.
func (p *Partition) Reading(now time.Time) Reading {
	if p == nil {
		return Reading{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	r := Reading{
		Next: p.next, End: p.end, Last: p.last, Moved: p.moved,
		Behind: p.behind(now), Since: p.live,
	}
	if r.Behind {
		r.Since = p.began
		if !p.shown.IsZero() {
			r.Since = p.shown.Add(Grace)
		}
	}
	r.Since = latest(r.Since, p.mended)
	t := p.fold
	if lasted, at := p.readLasts(now); lasted {
		r.Since = latest(r.Since, at)
	} else if t.kind == None {
		t = p.read
	}
	r.Kind, r.Stuck, r.Why = t.kind, t.since, t.why
	unread := p.head.IsZero() && p.ahead <= p.next
	switch {
	case p.next >= p.end:
	case !p.head.IsZero():
		r.Age = max(0, now.Sub(p.head))
	case !unread && !p.fetched.IsZero():
		r.Age = max(0, now.Sub(p.fetched))
	case !p.shown.IsZero():
		r.Age = now.Sub(p.shown)
	}
	if idle := latest(p.moved, p.began); r.Behind && unread && now.Sub(idle) > Grace {
		r.Undelivered = idle
	}
	p.addHeld(&r, now)
	return r
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
