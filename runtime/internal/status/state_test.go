package status

import (
	"errors"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/gauge"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// at is a minute of the day.
func at(minute int) time.Time { return time.Unix(0, 0).Add(time.Duration(minute) * time.Minute) }

// A Pause that waits comes before why the state is so.
func TestPauseThatWaits(t *testing.T) {
	c := condition{phase: gauge.Phase{Stage: gauge.Folds, Since: at(10)}, pausing: at(20), now: at(21)}
	wants := func(state brook.State, reason string) {
		t.Helper()
		if s, _, why := c.tell(); s != state || why != reason {
			t.Errorf("%s: %q, want %s: %q", s, why, state, reason)
		}
	}
	waits := "Pause has waited for 1m0s for what is under way: a handler, an effect or a job"
	wants(brook.StateLive, waits)
	c.stuck = &retry.Stuck{Since: at(11), Why: "read"}
	wants(brook.StateWaitingForStore, waits+"; read")
	c.paused = at(21)
	wants(brook.StatePaused, "")
	c.phase.Stage = gauge.Ended
	wants(brook.StateStopped, "")
}

// The state is the first of those that is true, and began when the last reason for it came.
func TestDecide(t *testing.T) {
	folds := gauge.Phase{Stage: gauge.Folds, Since: at(10)}
	apart := folds
	apart.Apart = at(15)
	late := gauge.Reading{Behind: true, Since: at(12)}
	later := gauge.Reading{Behind: true, Since: at(13)}
	current := gauge.Reading{Since: at(14)}
	broken := gauge.Reading{Kind: gauge.Store, Stuck: at(20), Why: "broken"}
	unread := gauge.Reading{Kind: gauge.Log, Stuck: at(21), Why: "unread"}
	handled := gauge.Reading{Kind: gauge.Handler, Stuck: at(5), Since: at(14)}
	for _, x := range []struct {
		name   string
		c      condition
		state  brook.State
		since  int
		reason string
	}{
		{"opened", condition{phase: gauge.Phase{Since: at(1)}},
			brook.StateStarting, 1, "neither Run nor CatchUp was called"},
		{"paused before Run", condition{phase: gauge.Phase{Since: at(1)}, paused: at(2)},
			brook.StatePaused, 2, ""},
		{"began", condition{phase: gauge.Phase{Stage: gauge.Began, Since: at(1)}},
			brook.StateStarting, 1, ""},
		{"no member yet", condition{phase: apart}, brook.StateStarting, 15,
			"the group has assigned no partitions yet"},
		{"begins, and the store fails", condition{
			phase: gauge.Phase{Stage: gauge.Began, Since: at(10)},
			stuck: &retry.Stuck{Since: at(11), Why: "read"},
		}, brook.StateWaitingForStore, 11, "read"},
		{"nothing to fold", condition{phase: folds}, brook.StateLive, 10, ""},
		{"live", condition{phase: folds, readings: []gauge.Reading{current, {Since: at(3)}}},
			brook.StateLive, 14, ""},
		{"behind", condition{phase: folds, readings: []gauge.Reading{later, current, late}},
			brook.StateCatchingUp, 12, ""},
		{"behind since before Run", condition{phase: folds,
			readings: []gauge.Reading{{Behind: true, Since: at(2)}}},
			brook.StateCatchingUp, 10, ""},
		{"a handler fails", condition{phase: folds, readings: []gauge.Reading{handled}},
			brook.StateLive, 14, ""},
		{"mended", condition{phase: folds, readings: []gauge.Reading{current}, mended: at(25)},
			brook.StateLive, 25, ""},
		{"behind and mended", condition{phase: folds, readings: []gauge.Reading{late}, mended: at(25)},
			brook.StateCatchingUp, 25, ""},
		{"resumed", condition{phase: folds, resumed: at(30), readings: []gauge.Reading{current}},
			brook.StateLive, 30, ""},
		{"the store fails", condition{phase: folds, readings: []gauge.Reading{late, unread, broken}},
			brook.StateWaitingForStore, 20, "broken"},
		{"the log fails", condition{phase: folds, readings: []gauge.Reading{broken, unread},
			stuck: &retry.Stuck{Log: true, Since: at(19), Why: "read"}},
			brook.StateWaitingForLog, 19, "read"},
		{"paused", condition{phase: folds, paused: at(30), readings: []gauge.Reading{broken, late}},
			brook.StatePaused, 30, ""},
		{"aside", condition{paused: at(1), phase: gauge.Phase{Stage: gauge.Aside, Since: at(2),
			Err: errors.New("other code")}}, brook.StateStopped, 2, "other code"},
		{"ended", condition{phase: gauge.Phase{Stage: gauge.Ended, Since: at(3)},
			readings: []gauge.Reading{broken}}, brook.StateStopped, 3, ""},
		{"closed", condition{paused: at(3), phase: gauge.Phase{Stage: gauge.Closed, Since: at(4)}},
			brook.StateStopped, 4, ""},
	} {
		state, since, reason := x.c.decide()
		if state != x.state || !since.Equal(at(x.since)) || reason != x.reason {
			t.Errorf("%s: %s since %s: %q, want %s since %s: %q",
				x.name, state, since, reason, x.state, at(x.since), x.reason)
		}
	}
}
