package outbox

import (
	"testing"
	"time"

	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// What a member could not publish while it owned the partition is the next owner's: it is kept, and
// published only if the partition comes back.
func TestUnpublishedOfALostPartition(t *testing.T) {
	for _, back := range []bool{false, true} {
		r := newRig()
		r.Join(true)
		r.Assign(map[partition.ID]int64{in: 0, other: 0})
		r.down["a/0"] = true
		commit(r.Outbox, in, 0, "a")
		commit(r.Outbox, other, 0, "a")
		r.wantTry(t, "")
		commit(r.Outbox, in, 1, "b", "a") // still queued
		r.Suspend()
		commit(r.Outbox, in, 2, "a")
		r.Assign(map[partition.ID]int64{other: 0})
		r.down["a/0"] = false
		if !back {
			r.wantTry(t, "1:0>a/0")
			want(t, "marked", r.mark(), "1:1")
			want(t, "wait", r.Depth(in), 5)
			r.Acknowledged(map[partition.ID]int64{in: 3})
			r.wantTry(t, "-0:0>a/0 -0:1>b/0 -0:1>a/0 -0:2>a/0")
			want(t, "wait in the end", r.Depth(in), 0)
			continue
		}
		r.Suspend()
		r.Assign(map[partition.ID]int64{in: 1, other: 0})
		r.wantTry(t, "1:0>a/0 -0:0>a/0 0:1>b/0") // the rest waits at a/0
		want(t, "marked", r.mark(), "1:1")
		r.wantTry(t, "0:1>a/0 0:2>a/0")
		want(t, "marked in the end", r.mark(), "0:3")
		want(t, "wait in the end", r.Depth(in), 0)
		want(t, "freed", len(r.Freed(func(partition.ID) bool { return true })), 1)
	}
}

// What fails in flight while the partition goes to another member is kept for its owner.
func TestFailureOfALostPartition(t *testing.T) {
	r := newRig()
	r.Join(true)
	r.Assign(map[partition.ID]int64{in: 0})
	commit(r.Outbox, in, 0, "a")
	commit(r.Outbox, in, 1, "a")
	failed := map[*Item]error{}
	for _, item := range r.Take(time.Now(), true) {
		if !item.IsCheckpoint() {
			failed[item] = errAway
		}
	}
	r.Suspend()
	r.Assign(nil)
	r.Land(failed, policy)
	r.wantTry(t, "")
	want(t, "failing destinations", r.Next(), 0)
	r.Suspend()
	r.Assign(map[partition.ID]int64{in: 0})
	want(t, "marked before it is published", r.mark(), "")
	r.wantTry(t, "0:0>a/0 0:1>a/0")
	want(t, "marked", r.mark(), "0:2")
}

// A checkpoint that depends on emissions which the app leaves to the next owner is forgotten with
// them.
func TestCheckpointOfDeferredEmissions(t *testing.T) {
	r := newRig()
	r.down["a/0"] = true
	commit(r.Outbox, in, 0, "a")
	r.try(true) // its checkpoint is blocked
	commit(r.Outbox, in, 1, "a")
	r.Join(true)
	r.Assign(map[partition.ID]int64{in: 0})
	r.wantTry(t, "")
	want(t, "marked", r.mark(), "")
}
