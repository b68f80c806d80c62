// Package status says what an app does, how far it is and what is left to do, from what its parts
// show of themselves.
//
// A Reader has no state and waits for nobody: it asks neither store nor driver, and takes no lock
// that is held during a call of them, nor the quiesce lock. Any goroutine may call it. Of locks it
// takes Set.TasksMu, and those of gauges, outbox, board and parked events, one after the other.
package status

import (
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/stale"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// Reader reads the status of one app. It is safe for concurrent use.
type Reader struct {
	Tasks *task.Set
	Stale *stale.Views
}

// Status returns the status of the app.
func (r *Reader) Status() brook.Status {
	s, now := r.Tasks, time.Now()
	s.Running.Asks()
	phase := s.Running.Phase()
	out := brook.Status{Name: s.Config.Name, Mode: phase.Mode}
	readings := r.partitions(&out, now)
	stuck, failing, mended := s.Retry.Pending.Stuck(now)
	state := condition{phase: phase, readings: readings, mended: mended,
		pausing: s.Valve.Waits(), now: now}
	if failing {
		state.stuck = &stuck
	}
	if shut, since := s.Valve.State(); shut {
		state.paused = since
	} else {
		state.resumed = since
	}
	out.State, out.Since, out.Reason = state.tell()
	out.Since, out.FirstLive = out.Since.UTC(), s.Gauges.Live()
	out.Parked, _ = s.Parked.Total()
	out.Timers = s.Waiting.Waiting()
	out.Outbox = s.Outbox.Total()
	if s.Jobs != nil {
		out.Jobs = s.Jobs.Total()
	}
	out.Stale = r.stale()
	out.Rebuild = s.Rebuilds.Last()
	out.Failures = s.Report.Recent()
	return out
}

// stale returns how the code differs from what made the views, nil if it does not.
func (r *Reader) stale() *brook.StaleStatus {
	catalog := r.Tasks.Catalog
	s := brook.StaleStatus{Overtaken: catalog.Claim.Lost(), Refused: r.Stale.Refused()}
	d := catalog.Structure.Differences()
	if d != nil {
		s.Changes = append(s.Changes, d.Structure...)
		s.Handlers = append(s.Handlers, d.Handlers...)
	}
	if d == nil && !s.Overtaken && !s.Refused {
		return nil
	}
	return &s
}

// letters counts the dead letters: with Config.Group those of the partitions that this instance
// has, else all.
func (r *Reader) letters(own []brook.PartitionStatus) (n int) {
	s := r.Tasks
	if !s.Config.Group {
		_, reported := s.Parked.Total()
		return s.Blocked.Len() + reported
	}
	for i := range own {
		n += own[i].Letters
	}
	return n
}
