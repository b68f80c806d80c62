package report

import (
	"slices"
	"sync"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/text"
)

const (
	mostRecent = 20   // failures that are kept
	longest    = 2000 // bytes of an error that is kept
)

// recent is the last failures, the newest last. What fails again and again is one.
type recent struct {
	mu  sync.Mutex
	all []brook.FailureStatus
}

// failed keeps a failure.
func (r *recent) failed(f *brook.Failure) {
	now := time.Now().UTC()
	kept := brook.FailureStatus{
		First: now, Last: now, What: f.What, Position: f.Position, Attempts: f.Attempts,
		Final: f.Final,
	}
	if f.Err != nil {
		kept.Error = text.Cut(f.Err.Error(), longest)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := r.find(f.What, f.Position); i >= 0 && f.Attempts > r.all[i].Attempts {
		kept.First = r.all[i].First
		r.all = slices.Delete(r.all, i, i+1)
	}
	if len(r.all) == mostRecent {
		r.all = slices.Delete(r.all, 0, 1)
	}
	r.all = append(r.all, kept)
}

// recovered notes that what had failed works again.
func (r *recent) recovered(what string, pos brook.Position) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := r.find(what, pos); i >= 0 {
		r.all[i].Recovered = true
	}
}

// find returns the index of the failure that another try belongs to: of the same partition, as the
// position may be that of a batch; -1: there is none.
func (r *recent) find(what string, pos brook.Position) int {
	for i := len(r.all) - 1; i >= 0; i-- {
		f := &r.all[i]
		if f.What == what && f.Position.Topic == pos.Topic &&
			f.Position.Partition == pos.Partition {
			if f.Final || f.Recovered {
				return -1
			}
			return i
		}
	}
	return -1
}

// Recent returns the last failures, the newest first. They are the caller's.
func (r *Reporter) Recent() []brook.FailureStatus {
	r.recent.mu.Lock()
	defer r.recent.mu.Unlock()
	all := slices.Clone(r.recent.all)
	slices.Reverse(all)
	return all
}
