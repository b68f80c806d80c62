package outbox

import (
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/lease"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// at returns one position, as commits have them.
func at(id partition.ID, offset int64) []brook.Position { return []brook.Position{id.At(offset)} }

// stored returns how far one partition is folded.
func stored(id partition.ID, next int64) map[partition.ID]partition.Stored {
	return map[partition.ID]partition.Stored{id: {Next: next}}
}

// holding returns the outbox of a process that holds the lease, and folded a partition up to next.
func holding(id partition.ID, next int64) *rig {
	r := newRig()
	r.Lease.Require(false)
	r.Lease.Hold(true)
	r.Lease.Collecting(time.Now())
	r.Lease.Gathered(nil, stored(id, next), true, true)
	return r
}

// A process that takes over the lease counts what waits once: else its lanes stand still for ever
// at MaxOutbox.
func TestLeaseTakeoverCountsOnce(t *testing.T) {
	id := in
	o := New()
	o.Lease.Require(false)
	var all []*Item
	for n := range int64(10) { // committed here while another process holds the lease
		i := emitted(in, n, "out")
		all = append(all, i)
		o.Committed([]*Item{i}, nil, at(id, n+1), at(id, n), false)
	}
	o.Lease.Gathered(all, nil, false, false) // as collect does each beat
	if n := o.Depth(id); n != 10 {
		t.Fatalf("%d wait, want 10", n)
	}
	o.Lease.Hold(true) // the other one is gone
	o.Lease.Gathered(all, stored(id, 10), true, false)
	if got := o.Take(time.Now(), false); len(got) != 10 {
		t.Fatalf("%d are published, want 10", len(got))
	}
	o.Land(nil, policy)
	if n := o.Depth(id); n != 0 {
		t.Errorf("all is published, and %d count as waiting: for good, towards MaxOutbox", n)
	}
}

// An emission of a member's own partition that fails while the lease of its group is lost waits at
// its destination; it is not forgotten.
func TestDestinationOfOwnIsKeptWhenLeaseIsLost(t *testing.T) {
	for range 20 {
		o := New()
		o.Lease.Require(true)
		o.Lease.Hold(true)
		i := emitted(in, 0, "out")
		o.Committed([]*Item{i}, nil, at(in, 1), at(in, 0), false)
		o.Take(time.Now(), false)
		o.Land(map[*Item]error{i: errAway}, policy)
		o.Take(time.Now().Add(time.Hour), false) // it is tried again
		o.Lease.Hold(false)                      // lost meanwhile
		o.Land(map[*Item]error{i: errAway}, policy)
		if got := o.Take(time.Now().Add(time.Hour), false); len(got) != 1 {
			t.Fatalf("the emission is nowhere: it waits until a restart")
		}
	}
}

// What is caused at 7 does not go before emissions of offsets 0 to 4 that are not here yet:
// receivers would take these for repeats.
func TestEmissionsWaitForEarlierOnesOfOthers(t *testing.T) {
	id := other
	o := New()
	o.Lease.Require(false)
	o.Lease.Hold(true)
	// Others folded 0 to 4 since.
	o.Lease.Gathered(nil, stored(id, 0), true, false)
	o.Lease.Collecting(time.Now())
	o.Committed([]*Item{emitted(other, 7, "out")}, nil, at(id, 10), at(id, 5), false)
	want(t, "published", len(o.Take(time.Now(), true)), 0)
	if look, _, _ := o.Lease.Collecting(time.Now()); !look {
		t.Error("it does not look for what came before")
	}
	want(t, "known below 0", o.Lease.state.Follow(id, 0, 1), true)
}

// What fails while the lease goes to another process is that one's: it leaves no count behind that
// keeps checkpoints or lanes waiting for it.
func TestFailureAfterTheLeaseLeavesNoCount(t *testing.T) {
	for _, waited := range []bool{false, true} {
		o := New()
		o.Lease.Require(false)
		o.Lease.Hold(true)
		id, i := in, emitted(in, 0, "out")
		o.Lease.Gathered([]*Item{i}, stored(id, 1), true, false)
		failed := map[*Item]error{i: errAway}
		o.Take(time.Now(), false)
		if waited { // it failed before
			o.Land(failed, policy)
			o.Take(time.Now().Add(time.Hour), false)
		}
		o.Lease.Hold(false)
		failing, recovered := o.Land(failed, policy)
		want(t, "failing", len(failing), 0)
		want(t, "recovered", len(recovered), 0)
		if o.destinations.late[id] != 0 || o.depth[id] != 0 || len(o.destinations.failing) != 0 {
			t.Errorf("waited %t: %d late, %d wait, %d destinations",
				waited, o.destinations.late[id], o.depth[id], len(o.destinations.failing))
		}
	}
}

// A checkpoint that depends on emissions which the next holder of the lease publishes is forgotten
// with them.
func TestCheckpointOfLeftEmissions(t *testing.T) {
	r := newRig()
	r.Lease.Require(false)
	r.Lease.Hold(true)
	r.Lease.Gathered(nil, stored(in, 0), true, true)
	r.down["a/0"] = true
	commit(r.Outbox, in, 0, "a")
	r.try(true)
	commit(r.Outbox, in, 1, "a")
	r.Take(time.Now(), true)
	commit(r.Outbox, in, 2, "a")
	r.Lease.Hold(false)
	r.Land(nil, policy)
	r.try(true)
	want(t, "marked without the lease", r.mark(), "")
}

// The holder publishes what it commits, in order, if it has all that came before.
func TestHolderPublishesItsCommits(t *testing.T) {
	r := holding(in, 5)
	commit(r.Outbox, in, 5, "a")
	commit(r.Outbox, in, 6, "a")
	r.wantTry(t, "0:5>a/0 0:6>a/0")
	want(t, "marked", r.mark(), "0:7")
	if look, _, _ := r.Lease.Collecting(time.Now()); look {
		t.Error("it looks into the store for nothing")
	}

	commit(r.Outbox, in, 8, "a") // another process folded 7
	r.wantTry(t, "")
	want(t, "marked past a gap", r.mark(), "")
	look, holder, group := r.Lease.Collecting(time.Now())
	if !look || !holder || group {
		t.Errorf("looks %t, holds %t, for a group %t", look, holder, group)
	}
	// It reads what the other one left and its own, which wait in the store.
	r.Lease.Gathered([]*Item{emitted(in, 7, "a"), emitted(in, 8, "a")}, stored(in, 9), true, true)
	r.wantTry(t, "0:7>a/0 0:8>a/0")
	want(t, "marked", r.mark(), "0:9")
	commit(r.Outbox, in, 9, "a")
	r.wantTry(t, "0:9>a/0")
	want(t, "wait", r.Depth(in), 0)
}

// What is collected again while it is here is here once, wherever it is.
func TestGatheredOnce(t *testing.T) {
	r := holding(in, 0)
	r.down["a/0"] = true
	commit(r.Outbox, in, 0, "a")
	r.wantTry(t, "")
	commit(r.Outbox, in, 1, "b")
	again := func() []*Item { return []*Item{emitted(in, 0, "a"), emitted(in, 1, "b")} }
	r.Lease.Gathered(again(), stored(in, 2), true, true)
	r.Take(time.Now(), false)
	r.Lease.Gathered(again(), stored(in, 2), true, true)
	r.Land(nil, policy)
	want(t, "wait", r.Depth(in), 1)
	delete(r.down, "a/0")
	r.wantTry(t, "0:0>a/0")
	want(t, "wait in the end", r.Depth(in), 0)
}

// Without the lease nothing is published of what is for its holder; the effects of own commits run.
func TestWithoutTheLease(t *testing.T) {
	r := newRig()
	r.Add(emitted(in, 0, "a")) // before the run
	r.Lease.Require(false)
	want(t, "wait before the run", r.Depth(in), 0)
	want(t, "effects", len(commit(r.Outbox, in, 1, "a")), 1)
	r.Add(emitted(in, 2, "a"))
	r.wantTry(t, "")
	want(t, "marked", r.mark(), "")
	want(t, "wait", r.Depth(in), 1)
	if look, holder, _ := r.Lease.Collecting(time.Now()); !look || holder {
		t.Errorf("looks %t, holds %t", look, holder)
	}
	r.Lease.Gathered(nil, stored(in, 3), false, true) // the holder published all
	want(t, "wait in the end", r.Depth(in), 0)
	if look, _, _ := r.Lease.Collecting(time.Now().Add(time.Hour)); look {
		t.Error("it looks though nothing waits")
	}
}

// A process that lost the lease while it read the store takes nothing of what it read.
func TestLeaseLostWhileReading(t *testing.T) {
	r := holding(in, 0)
	r.Lease.Hold(false)
	r.Lease.Gathered([]*Item{emitted(in, 0, "a")}, stored(in, 1), true, true)
	r.wantTry(t, "")
	want(t, "wait", r.Depth(in), 1)
}

// With Config.Group the lease is for numbered emissions alone.
func TestLeaseOfAGroup(t *testing.T) {
	numbered := func() *Item {
		return &Item{Position: in.At(0), Free: true, Key: ItemKey(in.At(0), "", 1, 0, 0),
			Record: brook.Record{Topic: "numbered", Placed: true}}
	}
	r := newRig()
	r.Add(numbered(), emitted(in, 0, "a"))
	r.Lease.Require(true)
	r.Group.Join(false)
	r.Group.Assign(map[partition.ID]int64{in: 0})
	r.wantTry(t, "0:0>a/0")
	commit(r.Outbox, in, 1, "a")
	r.wantTry(t, "0:1>a/0")
	want(t, "marked", r.mark(), "0:2")
	r.Add(numbered())
	r.wantTry(t, "")
	if look, _, _ := r.Lease.Collecting(time.Now()); look {
		t.Error("who holds no lease looks")
	}
	r.Lease.Hold(true)
	look, holder, group := r.Lease.Collecting(time.Now())
	if !look || !holder || !group {
		t.Errorf("looks %t, holds %t, for a group %t", look, holder, group)
	}
	r.Lease.Gathered([]*Item{numbered()}, nil, true, true)
	r.wantTry(t, "0:0>numbered/0")
}

// The store is looked at when something was heard of, and once a beat all the same.
func TestLooks(t *testing.T) {
	r := newRig()
	now := time.Now()
	want(t, "without a lease", r.Lease.UntilLook(now), 0)
	r = holding(in, 5)
	r.Lease.Lags()
	now = time.Now()
	looks := func(after time.Duration) bool {
		look, _, _ := r.Lease.Collecting(now.Add(after))
		if look {
			now = now.Add(after)
		}
		return look
	}
	want(t, "when it lags", looks(0), true)
	want(t, "at once", looks(0), false)
	want(t, "until a beat", r.Lease.UntilLook(now.Add(lease.Beat/4)), lease.Beat*3/4)
	r.Lease.HeardOf(in, 5)
	want(t, "after what is known", looks(0), false)
	r.Lease.HeardOf(in, 6)
	want(t, "after others folded", looks(0), true)
	r.Lease.Lags()
	want(t, "after a gap", looks(0), true)
	want(t, "before a beat", looks(lease.Beat-1), false)
	want(t, "after a beat", looks(lease.Beat), true)
	want(t, "after a late look", r.Lease.UntilLook(now.Add(2*lease.Beat)), lease.Beat)
	r.Lease.Hold(true)
	want(t, "after the lease was taken again", looks(0), true)
	r.Lease.Hold(false)
	want(t, "without anything that waits", looks(2*lease.Beat), false)
}
