package processor

import (
	"fmt"
	"strings"
	"testing"

	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// wantItems compares items as "offset set", and the number of effects.
func (r *rig) wantItems(items []*outbox.Item, want string, effects int) {
	r.t.Helper()
	var got []string
	for _, item := range items {
		got = append(got, fmt.Sprintf("%d %s", item.Position.Offset, item.Set))
	}
	if text := strings.Join(got, "; "); text != want || len(r.Batch.Effects) != effects {
		r.t.Errorf("items %q and %d effects, want %q and %d",
			text, len(r.Batch.Effects), want, effects)
	}
}

// Emissions and effects go into the batch, except those of a set that failed.
func TestStage(t *testing.T) {
	r := newRig(t, nil)
	r.emits["S x"], r.emits["T x"], r.effects["S x"], r.effects["T x"] = "a", "b", true, true
	r.emits["S y"], r.emits["T y"], r.effects["T y"] = "a", "b", true
	r.fails["T y"] = errBad
	r.process("x", Accepted)
	r.process("y", Accepted)
	r.wantItems(r.Batch.Items, "0 S; 0 T; 1 S", 2)
	if r.Batch.Numbered {
		t.Error("the emissions of a partition are numbered apart")
	}
}

// An emission that the envelope refuses becomes a letter of its own, which blocks nothing.
func TestRefusedEmission(t *testing.T) {
	r := newRig(t, nil)
	r.emits["S x"], r.emits["T x"] = "refused", "b"
	r.process("x", Accepted)
	r.wantItems(r.Batch.Items, "0 T", 0)
	r.want("kS kT", "0 S emit")
	if !r.partition.Blocked.Empty() || r.partition.Blocked.Len() != 1 {
		t.Errorf("%d letters block", r.partition.Blocked.Len())
	}
}

// The live views do not act again on what an earlier run or another member acted on.
func TestActed(t *testing.T) {
	r := newRig(t, nil)
	r.emits["S x"] = "a"
	r.partition.Silent = 1
	r.process("x", Accepted)
	r.process("x", Accepted)
	r.wantItems(r.Batch.Items, "1 S", 0)

	r = newRig(t, nil)
	r.emits["S x"] = "a"
	r.parts.Outbox.Group.Join(true)
	r.parts.Outbox.Group.Acknowledged(map[partition.ID]int64{{Topic: "in"}: 1})
	r.process("x", Accepted)
	r.process("x", Accepted)
	r.wantItems(r.Batch.Items, "1 S", 0)
	r.Numbers, r.next = true, 0 // what is redriven was not done yet
	r.process("x", Accepted)
	r.wantItems(r.Batch.Items, "1 S; 0 S", 0)
	if !r.Batch.Numbered || r.Batch.Items[0].Free || !r.Batch.Items[1].Free {
		t.Errorf("numbered %t: %+v", r.Batch.Numbered, r.Batch.Items)
	}
}

// rebuilt is a target that owes what the live views set aside.
type rebuilt struct {
	Live
	asides deadletter.SetAside
}

func (b *rebuilt) Stage(x *Processor, _ *Partition, d *delivery.Delivery) { x.Owe(d, b.asides) }

// A rebuild owes the emissions of those sets alone whose letters the live views have.
func TestOwe(t *testing.T) {
	id := partition.ID{Topic: "in"}
	target := &rebuilt{asides: deadletter.SetAside{}}
	target.asides.Add(id.At(1), deadletter.Event{Set: "T"})
	r := newRig(t, target)
	target.Live = Live{r.parts}
	r.emits["S x"], r.emits["T x"] = "a", "b"
	r.process("x", Accepted)
	r.process("x", Accepted)
	r.wantItems(r.Batch.Items, "", 0)
	r.wantItems(r.Batch.Owed, "1 T", 0)
}
