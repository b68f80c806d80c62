package outbox

import (
	"errors"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

func emissionOf(offset int64, topic string) *Item {
	at := brook.Position{Topic: "in", Partition: 0, Offset: offset}
	return &Item{Position: at, Set: "s", Record: brook.Record{Topic: topic, Placed: true}, Key: ItemKey(at, "", 0, 0, 0)}
}

// A process that takes over the lease counts what waits once: else its lanes stand still for ever at MaxOutbox.
func TestLeaseTakeoverCountsOnce(t *testing.T) {
	o := New()
	o.LeaseOnly(false)
	id := partition.ID{Topic: "in", Number: 0}
	var all []*Item
	for n := range int64(10) { // committed here while another process holds the lease
		i := emissionOf(n, "out")
		all = append(all, i)
		o.Committed([]*Item{i}, nil, []brook.Position{id.At(n + 1)}, []brook.Position{id.At(n)}, false)
	}
	o.Gathered(all, nil, false, false) // as collect does each beat
	if n := o.Depth(id); n != 10 {
		t.Fatalf("%d wait, want 10", n)
	}
	o.Lease(true) // the other one is gone
	o.Gathered(all, map[partition.ID]partition.Stored{id: {Next: 10}}, true, false)
	if got := o.Take(time.Now(), false); len(got) != 10 {
		t.Fatalf("%d are published, want 10", len(got))
	}
	o.Land(nil, retry.Defaults(brook.Retry{}))
	if n := o.Depth(id); n != 0 {
		t.Errorf("all is published, and %d count as waiting: for good, towards MaxOutbox", n)
	}
}

// An own emission of a member of a group that failed while the lease was lost waits for its way; it is not forgotten.
func TestWayOfOwnIsKeptWhenLeaseIsLost(t *testing.T) {
	for range 20 {
		o := New()
		o.LeaseOnly(true)
		o.Lease(true)
		i := emissionOf(0, "out")
		o.Committed([]*Item{i}, nil, []brook.Position{{Topic: "in", Offset: 1}}, []brook.Position{{Topic: "in"}}, false)
		o.Take(time.Now(), false)
		o.Land(map[*Item]error{i: errors.New("away")}, retry.Defaults(brook.Retry{}))
		o.Take(time.Now().Add(time.Hour), false) // its way is tried again
		o.Lease(false)                           // lost meanwhile
		o.Land(map[*Item]error{i: errors.New("away")}, retry.Defaults(brook.Retry{}))
		if got := o.Take(time.Now().Add(time.Hour), false); len(got) != 1 {
			t.Fatalf("the emission is in no way and in no queue: it waits until a restart")
		}
	}
}

// What is caused at 7 does not go before emissions of offsets 0 to 4 that are not here yet: receivers would take these for repeats.
func TestEmissionsWaitForEarlierOnesOfOthers(t *testing.T) {
	id := partition.ID{Topic: "in", Number: 1}
	o := New()
	o.LeaseOnly(false)
	o.Lease(true)
	o.Gathered(nil, map[partition.ID]partition.Stored{id: {Next: 0}}, true, false) // others folded 0 to 4 since
	o.Collecting(time.Now())
	o.Committed([]*Item{emissionOf(7, "out")}, nil, []brook.Position{id.At(10)}, []brook.Position{id.At(5)}, false)
	if seen := o.lease.seen[id]; seen != 0 || !o.lease.behind {
		t.Errorf("all below %d is taken for known, want 0", seen)
	}
}

// What fails while the lease goes to another process is that one's: it leaves no count behind that keeps marks or lanes waiting for it.
func TestFailureAfterTheLeaseLeavesNoCount(t *testing.T) {
	for _, way := range []bool{false, true} {
		o := New()
		o.LeaseOnly(false)
		o.Lease(true)
		id := partition.ID{Topic: "in", Number: 0}
		i := emissionOf(0, "out")
		o.Gathered([]*Item{i}, map[partition.ID]partition.Stored{id: {Next: 1}}, true, false)
		failed := map[*Item]error{i: errors.New("away")}
		o.Take(time.Now(), false)
		if way { // it failed before
			o.Land(failed, retry.Defaults(brook.Retry{}))
			o.Take(time.Now().Add(time.Hour), false)
		}
		o.Lease(false)
		o.Land(failed, retry.Defaults(brook.Retry{}))
		if o.late[id] != 0 || o.depth[id] != 0 || len(o.destinations) != 0 {
			t.Errorf("way %t: %d late, %d wait, %d ways", way, o.late[id], o.depth[id], len(o.destinations))
		}
	}
}
