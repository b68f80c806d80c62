package outbox

import (
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// What a member could not publish while it owned the partition is the next owner's: it is kept, and
// published only if the partition comes back.
func TestUnpublishedOfALostPartition(t *testing.T) {
	for _, back := range []bool{false, true} {
		r := newRig()
		r.Group.Join(true)
		r.Group.Assign(map[partition.ID]int64{in: 0, other: 0})
		r.down["a/0"] = true
		commit(r.Outbox, in, 0, "a")
		commit(r.Outbox, other, 0, "a")
		r.wantTry(t, "")
		commit(r.Outbox, in, 1, "b", "a") // still queued
		r.Group.Suspend()
		commit(r.Outbox, in, 2, "a")
		r.Group.Assign(map[partition.ID]int64{other: 0})
		r.down["a/0"] = false
		if !back {
			r.wantTry(t, "1:0>a/0")
			want(t, "marked", r.mark(), "1:1")
			want(t, "wait", r.Depth(in), 5)
			r.Group.Acknowledged(map[partition.ID]int64{in: 3})
			r.wantTry(t, "-0:0>a/0 -0:1>b/0 -0:1>a/0 -0:2>a/0")
			want(t, "wait in the end", r.Depth(in), 0)
			continue
		}
		r.Group.Suspend()
		r.Group.Assign(map[partition.ID]int64{in: 1, other: 0})
		r.wantTry(t, "1:0>a/0 -0:0>a/0 0:1>b/0") // the rest waits at a/0
		want(t, "marked", r.mark(), "1:1")
		r.wantTry(t, "0:1>a/0 0:2>a/0")
		want(t, "marked in the end", r.mark(), "0:3")
		want(t, "wait in the end", r.Depth(in), 0)
		want(t, "freed", len(r.Group.Freed(func(partition.ID) bool { return true })), 1)
	}
}

// A destination whose items all went to others, while they failed again, has not recovered.
func TestDestinationOfALostPartition(t *testing.T) {
	r := newRig()
	r.Group.Join(true)
	r.Group.Assign(map[partition.ID]int64{in: 0})
	r.down["a/0"] = true
	commit(r.Outbox, in, 0, "a")
	r.wantTry(t, "")
	item := r.Take(time.Now(), true)[0]
	r.Group.Assign(nil)
	failing, recovered := r.Land(map[*Item]error{item: errAway}, policy)
	want(t, "failing", len(failing), 0)
	want(t, "recovered", len(recovered), 0)
	want(t, "next try", r.Next(), 0)
	want(t, "late", r.destinations.late[in], 0)
}

// What fails in flight while the partition goes to another member is kept for its owner.
func TestFailureOfALostPartition(t *testing.T) {
	r := newRig()
	r.Group.Join(true)
	r.Group.Assign(map[partition.ID]int64{in: 0})
	commit(r.Outbox, in, 0, "a")
	commit(r.Outbox, in, 1, "a")
	failed := map[*Item]error{}
	for _, item := range r.Take(time.Now(), true) {
		if !item.IsCheckpoint() {
			failed[item] = errAway
		}
	}
	r.Group.Suspend()
	r.Group.Assign(nil)
	failing, recovered := r.Land(failed, policy)
	want(t, "failing", len(failing), 0)
	want(t, "recovered", len(recovered), 0)
	r.wantTry(t, "")
	want(t, "failing destinations", r.Next(), 0)
	r.Group.Suspend()
	r.Group.Assign(map[partition.ID]int64{in: 0})
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
	r.Group.Join(true)
	r.Group.Assign(map[partition.ID]int64{in: 0})
	r.wantTry(t, "")
	want(t, "marked", r.mark(), "")
}

// What is deferred is done once, by the new owner: what the group acted on is only removed, and its
// effects do not run.
func TestHandOver(t *testing.T) {
	everywhere := func(partition.ID) bool { return true }
	r := newRig()
	r.Group.Join(true)
	want(t, "shared", r.Group.Divided(), true)
	for offset := range int64(6) {
		want(t, "effects that run", len(commit(r.Outbox, in, offset, "a")), 0)
		commit(r.Outbox, other, offset, "a")
	}
	r.wantTry(t, "")
	want(t, "marked", r.mark(), "")
	want(t, "deferred", r.Group.HasDeferred(), true)
	want(t, "wait", r.Depth(in), 12) // with their effects

	r.Group.Acknowledged(map[partition.ID]int64{in: 2})
	r.wantTry(t, "-0:0>a/0 -0:1>a/0")
	want(t, "wait", r.Depth(in), 8)
	r.Group.Acknowledged(map[partition.ID]int64{in: 1}) // late news
	r.wantTry(t, "")
	want(t, "acted after late news", r.Group.Acted(in.At(1)), true)

	r.Group.Suspend()
	r.Group.Assign(map[partition.ID]int64{in: 4})
	for at, acts := range map[partition.ID]bool{in: true, other: false, {}: false} {
		want(t, "acts for "+at.String(), r.Group.ActsFor(at), acts)
	}
	want(t, "acted", r.Group.Acted(in.At(3)), true)
	want(t, "acted", r.Group.Acted(in.At(4)), false)
	r.wantTry(t, "-0:2>a/0 -0:3>a/0 0:4>a/0 0:5>a/0")
	want(t, "marked", r.mark(), "0:6")
	want(t, "freed for others", len(r.Group.Freed(func(id partition.ID) bool { return id != in })), 0)
	freed := r.Group.Freed(everywhere)
	if len(freed) != 2 || freed[0].Position.Offset != 4 || freed[1].Position.Offset != 5 {
		t.Errorf("freed: %+v, want the effects of 4 and 5", freed)
	}
	want(t, "freed twice", len(r.Group.Freed(everywhere)), 0)
	want(t, "wait", r.Depth(in), 0)

	want(t, "effects of the owner", len(commit(r.Outbox, in, 6, "a")), 1)
	r.wantTry(t, "0:6>a/0")
	r.Group.Dissolve()
	want(t, "deferred alone", r.Group.HasDeferred(), false)
	r.wantTry(t, "1:0>a/0 1:1>a/0 1:2>a/0 1:3>a/0 1:4>a/0 1:5>a/0")
	want(t, "freed alone", len(r.Group.Freed(everywhere)), 6)
	want(t, "wait in the end", r.Depth(other), 0)
}

// A member begins without partitions: what it committed alone, before, waits for the first
// division.
func TestJoin(t *testing.T) {
	r := newRig()
	r.down["a/0"] = true
	commit(r.Outbox, in, 0, "a")
	r.wantTry(t, "")
	commit(r.Outbox, in, 1, "b", "a")
	r.Group.Join(true)
	delete(r.down, "a/0")
	r.wantTry(t, "")
	want(t, "next try", r.Next(), 0)
	want(t, "wait", r.Depth(in), 3)
	r.Group.Assign(map[partition.ID]int64{in: 0})
	r.wantTry(t, "0:0>a/0 0:1>b/0 0:1>a/0")
	want(t, "marked", r.mark(), "0:2")
}

// What others published is removed, whoever owns its partition by then.
func TestPassedOfALostPartition(t *testing.T) {
	r := newRig()
	r.Group.Join(true)
	commit(r.Outbox, in, 0, "a")
	r.Group.Acknowledged(map[partition.ID]int64{in: 1})
	r.Group.Suspend()
	r.Group.Assign(nil)
	want(t, "deferred", r.Group.HasDeferred(), false)
	r.wantTry(t, "-0:0>a/0")
}

// While the partitions are divided anew, what is there is done, and what comes is deferred.
func TestDivision(t *testing.T) {
	r := newRig()
	r.Group.Join(true)
	r.Group.Assign(map[partition.ID]int64{in: 0})
	commit(r.Outbox, in, 0, "a")
	r.Group.Suspend()
	want(t, "acts", r.Group.ActsFor(in), false)
	want(t, "effects meanwhile", len(commit(r.Outbox, in, 1, "a")), 0)
	r.wantTry(t, "0:0>a/0")
	want(t, "marked", r.mark(), "0:1")
	r.Group.Assign(map[partition.ID]int64{in: 1})
	r.wantTry(t, "0:1>a/0")
	want(t, "marked by the same owner", r.mark(), "0:2")
	want(t, "freed", len(r.Group.Freed(func(partition.ID) bool { return true })), 1)
}

// What a commit brings below the group's checkpoint was done by another member.
func TestCommitsBelowTheCheckpoint(t *testing.T) {
	r := newRig()
	r.Group.Join(true)
	r.Checkpoints.Begin(in, 0, 2)
	r.Group.Assign(map[partition.ID]int64{in: 2})
	for offset, effects := range []int{0, 0, 1} {
		want(t, "effects", len(commit(r.Outbox, in, int64(offset), "a")), effects)
	}
	r.wantTry(t, "-0:0>a/0 -0:1>a/0 0:2>a/0")
	want(t, "marked", r.mark(), "0:3")
}

// What Process and Redrive emit is nobody's by its partition.
func TestFreeEmissions(t *testing.T) {
	r := newRig()
	free := emitted(in, 0, "a")
	free.Free = true
	r.Add(free)
	r.Group.Join(true)
	r.Group.Assign(map[partition.ID]int64{other: 0})
	r.wantTry(t, "0:0>a/0")
	process := &Item{Free: true, Record: brook.Record{Topic: "a", Placed: true}}
	r.Group.Suspend()
	r.Committed([]*Item{process}, nil, nil, nil, true)
	r.wantTry(t, "0:0>a/0")
}

// What is cleared is forgotten, but not effects, which are nowhere else.
func TestClear(t *testing.T) {
	r := newRig()
	r.down["a/0"] = true
	r.Load(emitted(in, 0, "a"))
	r.wantTry(t, "")
	r.Load(emitted(in, 1, "b"))
	want(t, "keys", len(r.Keys()), 2)
	r.Group.Join(true)
	commit(r.Outbox, other, 0, "a")
	want(t, "keys of all", len(r.Keys()), 3)
	r.Clear()
	want(t, "keys of none", len(r.Keys()), 0)
	want(t, "next try", r.Next(), 0)
	want(t, "wait", r.Depth(in), 0)
	want(t, "effects", r.Depth(other), 1)
	delete(r.down, "a/0")
	r.wantTry(t, "")
}

// Members that fold the same events and take turns publish each emission in order and once, and
// what fails at least once, whatever the divisions. None publishes for another.
func TestDivisionsAtRandom(t *testing.T) {
	for seed := range uint64(300) {
		n := seed
		random := func(below int) int { // an LCG: the same in every run
			n = n*6364136223846793005 + 1442695040888963407
			return int(n>>33) % below
		}
		partitions := []partition.ID{in, other}
		members := []*rig{newRig(), newRig(), newRig()}
		folded := make([][2]int64, len(members))
		marks := map[partition.ID]int64{in: 0, other: 0}
		owner := map[partition.ID]int{in: -1, other: -1}
		published := map[partition.ID]int64{} // the next offset
		for _, m := range members {
			m.Group.Join(true)
		}
		try := func(i int, fails bool) {
			m := members[i]
			failed := map[*Item]error{}
			for _, item := range m.Take(time.Now(), true) {
				id := item.cause()
				switch {
				case item.IsCheckpoint():
				case item.Passed:
					if item.Position.Offset >= published[id] {
						t.Errorf("seed %d: %s is removed unpublished", seed, item.Position)
					}
				case fails && (len(failed) > 0 || random(3) == 0):
					failed[item] = errAway
				default:
					want(t, "publisher", i, owner[id])
					if item.Position.Offset > published[id] {
						t.Errorf("seed %d: %s comes before %d", seed, item.Position, published[id])
					}
					published[id] = max(published[id], item.Position.Offset+1)
				}
			}
			m.Land(failed, policy)
		}
		mark := func(i int) {
			due, _ := members[i].Checkpoints.Due(true, true)
			for _, p := range due {
				id := partition.Of(p)
				if p.Offset > published[id] {
					t.Errorf("seed %d: %s is marked, and %d is published", seed, p, published[id])
				}
				marks[id] = max(marks[id], p.Offset)
			}
			members[i].Checkpoints.Confirm(due)
		}
		fold := func(i, p int) {
			commit(members[i].Outbox, partitions[p], folded[i][p], "a")
			folded[i][p]++
		}
		divide := func() {
			for i, m := range members {
				m.Group.Suspend()
				fold(i, random(2))
				if random(3) > 0 { // it drains in time
					try(i, random(2) == 0)
					mark(i)
				}
			}
			for _, id := range partitions {
				owner[id] = random(len(members))
			}
			for i, m := range members {
				mine := map[partition.ID]int64{}
				for _, id := range partitions {
					if owner[id] == i {
						mine[id] = marks[id]
					}
				}
				m.Group.Assign(mine)
			}
		}
		divide()
		for range 40 {
			i := random(len(members))
			switch random(6) {
			case 0:
				divide()
			case 1:
				try(i, true)
			case 2:
				try(i, false)
			case 3:
				mark(i)
			case 4:
				members[i].Group.Acknowledged(marks)
			default:
				fold(i, random(2))
			}
		}
		last := max(folded[0][0], folded[1][0], folded[2][0], folded[0][1], folded[1][1],
			folded[2][1])
		for range 2 {
			for i := range members {
				for p := range partitions {
					for folded[i][p] < last {
						fold(i, p)
					}
				}
				try(i, false)
				try(i, false)
				mark(i)
			}
		}
		for i, m := range members {
			m.Group.Acknowledged(marks)
			try(i, false)
			for _, id := range partitions {
				want(t, "published", published[id], last)
				want(t, "marked", marks[id], last)
				want(t, "wait", m.Depth(id), 0)
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}
