package outbox

import (
	"fmt"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// below returns what a group acted on.
func below(offset int64) func(brook.Position) bool {
	return func(p brook.Position) bool { return p.Offset < offset }
}

func offsetsOf(items []*Item) string {
	var all []string
	for _, i := range items {
		all = append(all, fmt.Sprint(i.Position.Offset))
	}
	return strings.Join(all, " ")
}

// deferring returns a deferral of the emissions and effects of four events of a partition.
func deferring() *deferral {
	f := newDeferral()
	for offset := range int64(4) {
		f.add(emitted(in, offset, "a"))
		f.addEffect(Effect{Position: in.At(offset)})
	}
	return &f
}

// What the group acted on is let go; its emissions are marked as passed. The rest stays in order.
func TestPass(t *testing.T) {
	f := deferring()
	items, effects := f.pass(in, below(0))
	want(t, "of nothing", offsetsOf(items), "")
	want(t, "effects of nothing", effects, 0)
	items, effects = f.pass(in, below(2))
	want(t, "passed", offsetsOf(items), "0 1")
	want(t, "effects", effects, 2)
	for _, i := range items {
		want(t, "marked as passed", i.Passed, true)
	}
	f.insert(emitted(in, 1, "b")) // it failed in flight while others went on
	want(t, "after an insertion", offsetsOf(f.of[in].items), "1 2 3")
	want(t, "not passed", f.of[in].items[1].Passed, false)
	items, effects = f.pass(other, below(9))
	want(t, "of another partition", len(items)+effects, 0)
	items, effects = f.pass(in, below(9))
	want(t, "the rest", offsetsOf(items), "1 2 3")
	want(t, "the rest of the effects", effects, 2)
	want(t, "partitions", len(f.of), 0)
}

// What is released is returned, or freed, once.
func TestRelease(t *testing.T) {
	f := deferring()
	f.pass(in, below(1))
	items, effects := f.release(other)
	want(t, "of another partition", len(items)+effects, 0)
	items, effects = f.release(in)
	want(t, "released", offsetsOf(items), "1 2 3")
	want(t, "effects", effects, 3)
	items, effects = f.release(in)
	want(t, "released twice", len(items)+effects, 0)
	want(t, "freed for others", len(f.take(func(id partition.ID) bool { return id == other })), 0)
	all := func(partition.ID) bool { return true }
	want(t, "freed", len(f.take(all)), 3)
	want(t, "freed twice", len(f.take(all)), 0)
}

// Emissions can be loaded again, effects can't.
func TestClearDeferred(t *testing.T) {
	f := deferring()
	f.clear()
	items, effects := f.release(in)
	want(t, "emissions", len(items), 0)
	want(t, "effects", effects, 4)
}
