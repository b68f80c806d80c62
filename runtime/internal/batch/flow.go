package batch

import (
	"sync/atomic"
	"time"
)

// Outcome counts the events of one handler.
type Outcome struct {
	Taken  int64 // its set took them
	Failed int64 // they became dead letters of the set, or are parked
}

// Flow counts what handlers did with events that were committed, from when somebody wants to know:
// it takes time for every event. It is safe for concurrent use.
type Flow struct {
	since    atomic.Pointer[time.Time]
	outcomes []outcome // by handler
}

type outcome struct{ taken, failed atomic.Int64 }

// NewFlow returns the counts of so many handlers.
func NewFlow(handlers int) *Flow {
	return &Flow{outcomes: make([]outcome, handlers)}
}

// Begin begins to count, unless it did.
func (f *Flow) Begin() {
	if f.since.Load() == nil {
		now := time.Now().UTC()
		f.since.CompareAndSwap(nil, &now)
	}
}

// Counts reports whether anybody wants to know; nobody does if f is nil.
func (f *Flow) Counts() bool { return f != nil && f.since.Load() != nil }

// Since returns when it began to count; zero: it did not.
func (f *Flow) Since() time.Time {
	if since := f.since.Load(); since != nil {
		return *since
	}
	return time.Time{}
}

// Committed adds what a batch counted. It does nothing if f is nil.
func (f *Flow) Committed(b *Batch) {
	if f == nil {
		return
	}
	for i := range b.Outcomes {
		o := &b.Outcomes[i]
		if o.Taken > 0 {
			f.outcomes[i].taken.Add(o.Taken)
		}
		if o.Failed > 0 {
			f.outcomes[i].failed.Add(o.Failed)
		}
	}
}

// Outcomes returns the counts by handler.
func (f *Flow) Outcomes() []Outcome {
	all := make([]Outcome, len(f.outcomes))
	for i := range all {
		all[i] = Outcome{f.outcomes[i].taken.Load(), f.outcomes[i].failed.Load()}
	}
	return all
}
