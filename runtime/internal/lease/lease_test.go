package lease

import (
	"testing"
	"time"

	"github.com/brookgen/brookgen/runtime/internal/partition"
)

var in, other = partition.ID{Topic: "in"}, partition.ID{Topic: "in", Number: 1}

var start = time.Unix(1_700_000_000, 0)

func want[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// holding returns the state of a holder that looked at start.
func holding(group bool) *State {
	s := &State{}
	s.Require(group)
	s.Hold(true)
	s.Look(start, false)
	return s
}

// Who does not hold the lease leaves all emissions to others; with a group, the numbered ones.
func TestOthers(t *testing.T) {
	for _, group := range []bool{false, true} {
		s := &State{}
		want(t, "without a lease", s.Others(true), false)
		s.Require(group)
		want(t, "required", s.Required(), true)
		want(t, "of all", s.All(), !group)
		want(t, "numbered", s.Others(true), true)
		want(t, "not numbered", s.Others(false), !group)
		s.Hold(true)
		want(t, "held", s.Holder(), true)
		want(t, "numbered, held", s.Others(true), false)
		want(t, "not numbered, held", s.Others(false), false)
		s.Hold(false)
		want(t, "numbered, lost", s.Others(true), true)
	}
}

// The holder goes on from what it has read, partition by partition; what comes behind a gap is read
// from the store first.
func TestFollow(t *testing.T) {
	s := holding(false)
	want(t, "unread", s.Follow(in, 0, 1), false)
	want(t, "looks", s.Look(start, false), true)
	want(t, "saw", s.Saw(in, 5), true)
	want(t, "from there", s.Follow(in, 5, 7), true)
	want(t, "and on", s.Follow(in, 7, 8), true)
	want(t, "looks for nothing", s.Look(start, false), false)
	want(t, "another partition", s.Follow(other, 8, 9), false)
	want(t, "looks for that", s.Look(start, false), true)
	want(t, "behind a gap", s.Follow(in, 9, 10), false)
	want(t, "looks for the gap", s.Look(start, false), true)
	want(t, "saw less", s.Saw(in, 7), false)
	want(t, "after less", s.Follow(in, 8, 9), true)
	want(t, "saw as much", s.Saw(in, 9), true)
	s.Restart()
	want(t, "after all was forgotten", s.Follow(in, 9, 10), false)
	s.Hold(false)
	s.Saw(in, 10)
	want(t, "who lost the lease", s.Follow(in, 10, 11), false)
}

// What others folded is looked for by the holder, unless it has seen it.
func TestHeard(t *testing.T) {
	s := holding(false)
	s.Saw(in, 5)
	want(t, "known", s.Heard(in, 5), false)
	want(t, "looks for nothing", s.Look(start, true), false)
	want(t, "new", s.Heard(in, 6), true)
	want(t, "looks", s.Look(start, false), true)
	s.Hold(false)
	want(t, "who lost the lease", s.Heard(in, 7), false)
	want(t, "of a group", holding(true).Heard(in, 6), false)
	want(t, "without a lease", (&State{}).Heard(in, 6), false)
}

// A look comes once a beat, and at once if something is known to be there.
func TestLook(t *testing.T) {
	s := &State{}
	want(t, "without a lease", s.Look(start, true), false)
	want(t, "until then, without a lease", s.UntilLook(start), 0)

	for _, group := range []bool{false, true} {
		s = holding(group)
		want(t, "before a beat", s.Look(start.Add(Beat-1), true), false)
		want(t, "until a beat", s.UntilLook(start.Add(Beat/4)), Beat*3/4)
		want(t, "after a beat", s.Look(start.Add(Beat), false), true)
		want(t, "twice", s.Look(start.Add(Beat), false), false)
		want(t, "until then, late", s.UntilLook(start.Add(3*Beat)), Beat)
		s.Lag()
		want(t, "behind", s.Look(start.Add(Beat), false), true)
		s.Hold(true)
		want(t, "taken again", s.Look(start.Add(Beat), false), true)

		s.Hold(false)
		s.Lag()
		want(t, "without it, before a beat", s.Look(start.Add(Beat), true), false)
		want(t, "nothing waits", s.Look(start.Add(3*Beat), false), false)
		want(t, "something waits", s.Look(start.Add(3*Beat), true), !group)
	}
}
