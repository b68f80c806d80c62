package rebuild

import (
	"context"
	"fmt"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// gaps are the offsets that the log lost while a rebuild was reading it, by partition.
type gaps map[partition.ID][]input.Gap

// has reports whether a record was in a gap.
func (all gaps) has(at brook.Position) bool {
	return slices.ContainsFunc(all[partition.Of(at)], func(g input.Gap) bool {
		return within(g, at.Offset)
	})
}

// within reports whether an offset is in a gap.
func within(g input.Gap, offset int64) bool { return g.From <= offset && offset < g.To }

// overtaken returns how a reader goes on whose next offset the log does not have: behind the gap
// that retention made, if Config.OnRetention says so, else with an error. Readers call it.
func (n *target) overtaken(
	ctx context.Context, id partition.ID, next int64,
) (c brook.Chunk, lost *input.Gap, err error) {
	partitions, err := n.set.Config.Driver.Partitions(ctx, id.Topic)
	if err != nil {
		return c, nil, err
	}
	i := slices.IndexFunc(partitions, func(p brook.Partition) bool {
		return p.Topic == id.Topic && p.Number == id.Number
	})
	switch {
	case i < 0 || partitions[i].End < next:
		return c, nil, fmt.Errorf("%w: %s has no offset %d any more", brook.ErrLogChanged, id, next)
	case partitions[i].Start <= next:
		err := fmt.Errorf("the log has offset %d, and did not a moment ago", next)
		return c, nil, err // it is tried again
	case !n.set.Spares(id.Topic):
		return c, nil, fmt.Errorf("%w: retention overtook the rebuild: %s starts at %d now, and "+
			"it was to read from %d on; with Config.OnRetention GoOn it goes on without them",
			brook.ErrRetention, id, partitions[i].Start, next)
	}
	p := partitions[i]
	lost = &input.Gap{From: next, To: p.Start}
	if err := n.overtook.add(ctx, n, id, *lost); err != nil {
		return c, nil, err
	}
	return brook.Chunk{Next: p.Start, End: p.End}, lost, nil
}

// PassGap notes a gap. The dead letters in it are carried over from the live views, and block their
// keys.
func (n *target) PassGap(f *task.Partition, lost input.Gap) {
	n.set.Report.Warn(
		"retention overtook the rebuild, which goes on without what the log no longer has",
		"position", f.ID.At(lost.From).String(), "missing", lost.To-lost.From)
	n.gaps[f.ID] = append(n.gaps[f.ID], lost)
	for _, e := range n.overtook.take(f.ID, lost) {
		n.park(e.Waiting())
	}
	for offset, events := range n.asides[f.ID] {
		if !within(lost, offset) {
			continue
		}
		for _, e := range events {
			if !e.Dropped && !e.Parked {
				letter := brook.DeadLetter{Position: f.ID.At(offset), Set: e.Set, Key: e.Key}
				n.block(f, &deadletter.Letter{DeadLetter: letter})
			}
		}
	}
}

// block makes a letter block its key in a partition.
func (n *target) block(f *task.Partition, letter *deadletter.Letter) {
	f.Blocked.Add(letter, n.set.Config.OnFailure != brook.GoOn)
}

// lacks reports whether the log had lost a record before the rebuild came to it.
func (r *Rebuild) lacks(at brook.Position) bool {
	f := r.task.Partition(partition.Of(at))
	return f == nil || at.Offset < f.First || r.gaps.has(at)
}
