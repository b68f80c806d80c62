package checkpoint

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

var in, other = partition.ID{Topic: "in"}, partition.ID{Topic: "in", Number: 1}

// due returns what is due as partition:offset, or the wait.
func due(s *Schedule, soon, now bool) string {
	all := func(partition.ID, int64) bool { return true }
	return text(s.Due(all, soon, now))
}

func text(positions []brook.Position, wait time.Duration) string {
	if len(positions) == 0 && wait > 0 {
		return "in " + wait.String()
	}
	var all []string
	for _, p := range positions {
		all = append(all, fmt.Sprintf("%d:%d", p.Partition, p.Offset))
	}
	return strings.Join(all, " ")
}

func want[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// reach brings checkpoints as far as being due.
func reach(s *Schedule, at map[partition.ID]int64) {
	s.Reach(at)
	s.Unblock(nil)
}

// A checkpoint is due when no emission of its partition is late; those of others do not wait.
func TestBlocked(t *testing.T) {
	s := New()
	s.Reach(map[partition.ID]int64{in: 3, other: 9})
	want(t, "reached", due(&s, true, true), "")
	late := map[partition.ID]int{in: 1}
	s.Unblock(late)
	want(t, "one is late", due(&s, true, true), "1:9")
	s.Reach(map[partition.ID]int64{in: 4})
	s.Unblock(late)
	want(t, "still late", due(&s, true, true), "1:9")
	late[in] = 0
	s.Unblock(late)
	want(t, "no longer", due(&s, true, true), "0:4 1:9")
	s.Confirm()
	s.Unblock(nil)
	want(t, "confirmed", s.Pending(), false)
}

// What is left to others is forgotten while it is blocked; what is due stays.
func TestForget(t *testing.T) {
	s := New()
	reach(&s, map[partition.ID]int64{in: 1})
	s.Reach(map[partition.ID]int64{in: 2, other: 2})
	s.Forget(func(id partition.ID) bool { return id == in })
	s.Unblock(nil)
	want(t, "due", due(&s, true, true), "0:1 1:2")
}

// What the app does not want to hand over is dropped for good.
func TestUnwanted(t *testing.T) {
	s := New()
	reach(&s, map[partition.ID]int64{in: 1, other: 5})
	below := func(_ partition.ID, next int64) bool { return next < 5 }
	want(t, "wanted", text(s.Due(below, true, true)), "0:1")
	want(t, "dropped", due(&s, true, true), "0:1")
	none := func(partition.ID, int64) bool { return false }
	want(t, "none", text(s.Due(none, true, true)), "")
	want(t, "pending", s.Pending(), false)
}

// The driver gets checkpoints once a second, at once if that is asked for, and after a failure only
// when the pause for it is over.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, policy := New(), retry.Defaults(brook.Retry{})
		want(t, "nothing", due(&s, false, false), "")
		reach(&s, map[partition.ID]int64{in: 1})
		want(t, "pending", s.Pending(), true)
		want(t, "the first", due(&s, false, false), "0:1")
		s.Confirm()
		want(t, "confirmed", s.Pending(), false)
		reach(&s, map[partition.ID]int64{in: 2})
		time.Sleep(pause / 4)
		want(t, "within a second", due(&s, false, false), "in 750ms")
		want(t, "soon", due(&s, true, false), "0:2")
		want(t, "now", due(&s, false, true), "0:2")
		time.Sleep(pause * 3 / 4)
		want(t, "after a second", due(&s, false, false), "0:2")

		tries, wait := s.Postpone(policy)
		want(t, "tries", tries, 1)
		want(t, "soon after a failure", due(&s, true, false), "in "+wait.String())
		want(t, "now after a failure", due(&s, false, true), "0:2")
		if tries, wait = s.Postpone(policy); tries != 2 || wait <= policy.Min {
			t.Errorf("the second pause, after %d tries, is %s", tries, wait)
		}
		time.Sleep(wait)
		want(t, "after the pause", due(&s, false, false), "0:2")
		s.Confirm()
		tries, _ = s.Postpone(policy)
		want(t, "tries since one worked", tries, 1)

		reach(&s, map[partition.ID]int64{in: 3})
		s.Forgo()
		want(t, "forgone", s.Pending(), false)
		reach(&s, map[partition.ID]int64{in: 4})
		want(t, "soon after it was forgone", due(&s, true, false), "0:4")
	})
}
