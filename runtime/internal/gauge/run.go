package gauge

import (
	"sync"
	"sync/atomic"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// Run is what Run or CatchUp of an app is about. The zero Run is that of an app that nobody runs.
type Run struct {
	asked atomic.Int64 // when somebody did last, in nanoseconds since 1970

	mu  sync.Mutex
	now Phase
}

// Phase is where Run or CatchUp is.
type Phase struct {
	Stage Stage
	Since time.Time
	Err   error     // what Run ended with, or why nothing is folded
	Apart time.Time // since when the app is no member of its group, and so folds nothing; zero: it is
	Mode  brook.Mode
}

// Stage is a part of Run or CatchUp.
type Stage int

// The stages.
const (
	Opened Stage = iota // neither was called
	Began               // it reads where views and log stand
	Folds               // tasks fold
	Aside               // code of another structure folds, and this app does not
	Ended               // it returned
	Closed              // the app is
)

// Enter notes that a stage began. err is why, if there is something to say.
func (r *Run) Enter(s Stage, err error) {
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now.Stage == Closed || r.now.Stage == s && s != Ended && !r.now.Since.IsZero() {
		return
	}
	if s == Closed && r.now.Stage == Ended {
		err = r.now.Err // it is why nothing was folded before
	}
	r.now.Stage, r.now.Since, r.now.Err = s, now, err
	if s == Began {
		r.now.Apart = time.Time{}
	}
}

// Part notes whether the app is no member of the group that divides the partitions.
func (r *Run) Part(on bool) {
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case !on:
		r.now.Apart = time.Time{}
	case r.now.Apart.IsZero():
		r.now.Apart = now
	}
}

// Fold notes that tasks fold, and how partitions are run.
func (r *Run) Fold(mode brook.Mode) {
	r.Enter(Folds, nil)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now.Mode = mode
}

// Asks notes that somebody asks for the status.
func (r *Run) Asks() { r.asked.Store(time.Now().UnixNano()) }

// AskedSince reports whether somebody asked for the status at that time or later.
func (r *Run) AskedSince(t time.Time) bool { return r.asked.Load() >= t.UnixNano() }

// Phase returns where Run or CatchUp is.
func (r *Run) Phase() Phase {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}
