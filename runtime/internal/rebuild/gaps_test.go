package rebuild

import (
	"errors"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// A gap is from its first offset to before its last, in its partition.
func TestGaps(t *testing.T) {
	all := gaps{in: {{From: 2, To: 4}, {From: 7, To: 8}}}
	for offset, want := range []bool{2: true, 3: true, 7: true, 8: false} {
		if got := all.has(in.At(int64(offset))); got != want {
			t.Errorf("%d: %v", offset, got)
		}
	}
	if all.has(partition.ID{Topic: "in", Number: 1}.At(2)) {
		t.Error("a gap of another partition")
	}
}

// A reader that retention overtook goes on behind the gap if the app is told to.
func TestGapsOvertaken(t *testing.T) {
	for _, policy := range []brook.RetentionPolicy{brook.Fail, brook.GoOn} {
		r := newRig(t, func(c *brook.Config) { c.OnRetention = policy })
		r.Publish("0", "1", "2", "3")
		b := New(r.Set, nil)
		_, lost, err := b.overtaken(t.Context(), in, 1)
		if lost != nil || err == nil || !Transient(err) {
			t.Errorf("what is there again is tried again: %v, %v", lost, err)
		}
		if err := r.Driver.Trim("in", 0, 3); err != nil {
			t.Fatal(err)
		}
		c, lost, err := b.overtaken(t.Context(), in, 1)
		switch {
		case policy == brook.Fail && (!errors.Is(err, brook.ErrRetention) || lost != nil):
			t.Errorf("it goes on: %v, %v", lost, err)
		case policy == brook.Fail:
		case err != nil || *lost != input.Gap{From: 1, To: 3} || c.Next != 3 || c.End != 4:
			t.Errorf("chunk %+v, gap %v, %v", c, lost, err)
		}
		for _, at := range []struct {
			id   partition.ID
			next int64
		}{{in, 5}, {partition.ID{Topic: "in", Number: 7}, 0}} {
			_, _, err := b.overtaken(t.Context(), at.id, at.next)
			if !errors.Is(err, brook.ErrLogChanged) {
				t.Errorf("%v at %d, which the log never had: %v", at.id, at.next, err)
			}
		}
	}
}

// The live letters in a gap block their keys in the rebuilt views, and count as lost.
func TestPassGap(t *testing.T) {
	r := newRig(t, nil)
	b := New(r.Set, nil)
	b.task = r.NewTask(r.Catalog.Live(), &b.target)
	p := brook.Partition{Topic: "in", Start: 1, End: 10}
	f := task.NewPartition(p, &deadletter.Blocked{}, 0)
	b.task.SetPartitions([]*task.Partition{f})
	b.asides = deadletter.SetAside{}
	b.asides.Add(in.At(2), deadletter.Event{Set: "S", Key: []byte("k")})
	b.asides.Add(in.At(3), deadletter.Event{Set: "S", Key: []byte("k"), Dropped: true})
	b.asides.Add(in.At(5), deadletter.Event{Set: "S", Key: []byte("k")})
	b.PassGap(f, input.Gap{From: 2, To: 5})
	if n := f.Blocked.Len(); n != 1 {
		t.Errorf("%d letters block", n)
	}
	if at, ok := f.Blocked.Blocker("S", []byte("k"), 9); !ok || at != 2 {
		t.Errorf("the key waits behind %d, %v", at, ok)
	}
	other := partition.ID{Topic: "in", Number: 1}
	for at, want := range map[brook.Position]bool{
		in.At(0): true, in.At(1): false, in.At(2): true, in.At(4): true, in.At(5): false,
		other.At(5): true, // it is not read
	} {
		if b.lacks(at) != want {
			t.Errorf("%s: %v", at, !want)
		}
	}
}
