package outbox

import (
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// A checkpoint comes after the emissions that it depends on, also while these fail; those of other
// partitions do not wait for them.
func TestCheckpointsWaitForEmissions(t *testing.T) {
	r := newRig()
	r.down["a/0"] = true
	commit(r.Outbox, in, 0, "b")
	want(t, "marked before it is published", r.mark(), "")
	r.wantTry(t, "0:0>b/0")
	want(t, "marked", r.mark(), "0:1")
	want(t, "marked twice", r.mark(), "")

	commit(r.Outbox, in, 1, "a")
	commit(r.Outbox, in, 2)
	commit(r.Outbox, other, 5, "b")
	r.wantTry(t, "1:5>b/0")
	want(t, "marked past a failure", r.mark(), "1:6")
	commit(r.Outbox, in, 3)
	r.wantTry(t, "")
	want(t, "marked past a failure", r.mark(), "")
	delete(r.down, "a/0")
	r.wantTry(t, "0:1>a/0")
	want(t, "marked in the end", r.mark(), "0:4")
}

// The driver gets checkpoints once a second, at once if that is asked for or somebody drains, and
// after a failure only when the pause for it is over.
func TestPaceOfCheckpoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		next := int64(0)
		fold := func() {
			commit(r.Outbox, in, next)
			next++
			r.try(true)
		}
		due := func(what string, soon, now bool, wantDue string, wantWait time.Duration) {
			t.Helper()
			positions, wait := r.Checkpoints.Due(soon, now)
			want(t, what, offsets(positions), wantDue)
			want(t, what+": wait", wait, wantWait)
		}
		due("nothing", false, false, "", 0)
		fold()
		due("the first", false, false, "0:1", 0)
		r.Checkpoints.Confirm(r.positions())
		fold()
		due("within a second", false, false, "", time.Second)
		due("soon", true, false, "0:2", 0)
		time.Sleep(time.Second)
		fold()
		due("a second later", false, false, "0:3", 0)

		tries, wait := r.Checkpoints.Postpone(policy)
		want(t, "tries", tries, 1)
		if wait <= 0 || wait > policy.Min {
			t.Errorf("the first pause is %s", wait)
		}
		due("after a failure", true, false, "", wait)
		due("now, after a failure", false, true, "0:3", 0)
		tries, longer := r.Checkpoints.Postpone(policy)
		want(t, "tries", tries, 2)
		if longer <= policy.Min {
			t.Errorf("the second pause is %s, no longer than the first", longer)
		}
		time.Sleep(longer)
		due("after the pause", false, false, "0:3", 0)
		r.Checkpoints.Confirm(r.positions())
		due("confirmed", true, true, "", 0)

		fold()
		r.Checkpoints.Postpone(policy)
		r.Checkpoints.Forgo()
		due("forgone", true, true, "", 0)
		fold()
		due("after it was forgone", true, false, "0:5", 0)
	})
}

// positions returns the checkpoints that are due.
func (r *rig) positions() (all []brook.Position) {
	all, _ = r.Checkpoints.Due(true, true)
	return all
}

// A checkpoint that the group has, or that is another member's, is not sent.
func TestCheckpointsOnlyRise(t *testing.T) {
	r := newRig()
	r.Checkpoints.Begin(in, 7, 9)
	want(t, "queued below the group's", r.Queued(), 0)
	r.try(true)
	want(t, "below the group's", r.mark(), "")
	r.Checkpoints.Begin(in, 12, 9)
	r.try(true)
	r.Group.Acknowledged(map[partition.ID]int64{in: 20, other: 1})
	want(t, "below what others marked since", r.mark(), "")

	r.Group.Join(false)
	commit(r.Outbox, in, 30)
	commit(r.Outbox, other, 30)
	r.try(true)
	want(t, "of no partition", r.mark(), "")
	r.Group.Assign(map[partition.ID]int64{other: 0})
	r.try(true)
	want(t, "of a member", r.mark(), "1:31")
	r.Group.Dissolve()
	commit(r.Outbox, in, 31)
	r.try(true)
	want(t, "alone", r.mark(), "0:32")
}
