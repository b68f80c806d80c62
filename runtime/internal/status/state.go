package status

import (
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/gauge"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// condition is what the state of an app follows from.
type condition struct {
	phase    gauge.Phase
	readings []gauge.Reading
	stuck    *retry.Stuck // nil: store and driver answer
	mended   time.Time    // when they last answered after they had not
	paused   time.Time    // since when the app is; zero: it is not
	resumed  time.Time    // when it was; zero: never
	pausing  time.Time    // since when Pause waits for what is under way; zero: it does not
	now      time.Time
}

// tell returns the state, when it began and why it is so, and that Pause waits if it does.
func (c *condition) tell() (state brook.State, since time.Time, reason string) {
	state, since, reason = c.decide()
	if c.pausing.IsZero() || state == brook.StateStopped || state == brook.StatePaused {
		return state, since, reason
	}
	pause := fmt.Sprintf("Pause has waited for %s for what is under way: a handler, an effect or a job",
		c.now.Sub(c.pausing).Round(time.Second))
	if reason != "" {
		pause += "; " + reason
	}
	return state, since, pause
}

// decide returns the state, when it began, and why it is so.
func (c *condition) decide() (state brook.State, since time.Time, reason string) {
	p := c.phase
	switch {
	case p.Stage == gauge.Ended || p.Stage == gauge.Closed || p.Stage == gauge.Aside:
		return brook.StateStopped, p.Since, text(p.Err)
	case !c.paused.IsZero():
		return brook.StatePaused, c.paused, ""
	case p.Stage == gauge.Opened:
		return brook.StateStarting, p.Since, "neither Run nor CatchUp was called"
	}
	if state, since, reason, ok := c.waiting(); ok {
		return state, latest(since, p.Since, c.resumed), reason
	}
	if p.Stage == gauge.Began || !p.Apart.IsZero() {
		since := latest(p.Since, p.Apart, c.mended, c.resumed)
		if p.Apart.IsZero() {
			return brook.StateStarting, since, ""
		}
		return brook.StateStarting, since, "the group has assigned no partitions yet"
	}
	return c.folding()
}

// waiting returns what store or driver is waited for, of all that is the longest.
func (c *condition) waiting() (state brook.State, since time.Time, reason string, ok bool) {
	note := func(s brook.State, at time.Time, why string) {
		if !ok || at.Before(since) {
			state, since, reason, ok = s, at, why, true
		}
	}
	if c.stuck != nil {
		note(waitingFor(c.stuck.Log), c.stuck.Since, c.stuck.Why)
	}
	for i := range c.readings {
		r := &c.readings[i]
		if r.Kind == gauge.Store || r.Kind == gauge.Log {
			note(waitingFor(r.Kind == gauge.Log), r.Stuck, r.Why)
		}
	}
	return state, since, reason, ok
}

func waitingFor(log bool) brook.State {
	if log {
		return brook.StateWaitingForLog
	}
	return brook.StateWaitingForStore
}

// folding returns whether the app is live: no partition is behind.
func (c *condition) folding() (brook.State, time.Time, string) {
	live := latest(c.phase.Since, c.mended, c.resumed)
	var behind time.Time
	for i := range c.readings {
		r := &c.readings[i]
		switch {
		case !r.Behind:
			live = latest(live, r.Since)
		case behind.IsZero() || r.Since.Before(behind):
			behind = r.Since
		}
	}
	if behind.IsZero() {
		return brook.StateLive, live, ""
	}
	return brook.StateCatchingUp, latest(behind, c.phase.Since, c.mended, c.resumed), ""
}

func latest(times ...time.Time) (last time.Time) {
	for _, t := range times {
		if t.After(last) {
			last = t
		}
	}
	return last
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
