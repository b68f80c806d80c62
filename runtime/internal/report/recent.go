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
	all []kept
}

// kept is a failure that is kept.
type kept struct {
	brook.FailureStatus
	of string // see FailureOf
}

// open reports whether it is being tried again, as far as is known.
func (k *kept) open() bool { return !k.Final && !k.Recovered }

// failed keeps a failure.
func (r *recent) failed(of string, f *brook.Failure) {
	now := time.Now().UTC()
	k := kept{of: of, FailureStatus: brook.FailureStatus{
		First: now, Last: now, What: f.What, Position: f.Position, Attempts: f.Attempts,
		Final: f.Final,
	}}
	if f.Err != nil {
		k.Error = text.Cut(f.Err.Error(), longest)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := r.find(of, f.What, f.Position); i >= 0 {
		k.First = r.all[i].First
		r.all = slices.Delete(r.all, i, i+1)
	}
	if len(r.all) == mostRecent {
		r.all = slices.Delete(r.all, 0, 1)
	}
	r.all = append(r.all, k)
}

// note changes the failure that is being tried again, if there is one.
func (r *recent) note(of, what string, pos brook.Position, change func(*brook.FailureStatus)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := r.find(of, what, pos); i >= 0 {
		change(&r.all[i].FailureStatus)
	}
}

// handled is what fails if a handler does, which an event has of its own.
const handled = "handle"

// lettered notes that what failed became a dead letter. An event that did was taken as handled
// before, when it was put into the batch.
func (r *recent) lettered(l *brook.DeadLetter) {
	of, what := "", handled
	if l.Stage == brook.StageJob {
		of, what = l.ID, "job "+l.Type
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := len(r.all) - 1; i >= 0; i-- {
		k := &r.all[i]
		if k.What != what || k.of != of || k.Position != l.Position || k.Final {
			continue
		}
		k.Final, k.Recovered = true, false
		k.Attempts, k.Error = max(k.Attempts, l.Attempts), text.Cut(l.Error, longest)
		return
	}
}

// find returns the index of the failure that is being tried again and that another try belongs to;
// -1: there is none. If it is of nothing more particular than its partition, it is of the same one:
// the position may be that of another batch.
func (r *recent) find(of, what string, pos brook.Position) int {
	for i := len(r.all) - 1; i >= 0; i-- {
		k := &r.all[i]
		if !k.open() || k.What != what || k.of != of {
			continue
		}
		same := k.Position.Topic == pos.Topic && k.Position.Partition == pos.Partition
		if same && (k.Position == pos || of == "" && what != handled) {
			return i
		}
	}
	return -1
}

// Recent returns the last failures, the newest first. They are the caller's.
func (r *Reporter) Recent() []brook.FailureStatus {
	r.recent.mu.Lock()
	defer r.recent.mu.Unlock()
	all := make([]brook.FailureStatus, 0, len(r.recent.all))
	for _, k := range slices.Backward(r.recent.all) {
		all = append(all, k.FailureStatus)
	}
	return all
}
