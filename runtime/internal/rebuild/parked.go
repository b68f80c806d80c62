package rebuild

import (
	"context"
	"errors"
	"slices"
	"sync"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/parked"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// parks makes the rebuild park events of its own; of revived views, those that they had.
func (r *Rebuild) parks(ctx context.Context, g *generation.Generation) error {
	s := r.set
	events := parked.NewEvents(s.Places, s.Def.Sets)
	if r.back != nil {
		all, err := s.Letters.Parked(ctx, g)
		if err != nil {
			return err
		}
		events.Replace(all)
	}
	r.task.Parks(events)
	r.park, r.lostParked = r.task.Batch.Parked.Park, map[string]bool{}
	return nil
}

// carryParked parks what the live views have parked of partitions, if the log no longer has it: it
// waits on for its rows, and holds up its key, from the start.
func (r *Rebuild) carryParked(ctx context.Context, fresh []*task.Partition) error {
	events, err := r.set.Letters.Parked(ctx, r.set.Catalog.Live())
	if err != nil {
		return err
	}
	w := writer{store: r.set.Store}
	for _, e := range events {
		lost := slices.ContainsFunc(fresh, func(f *task.Partition) bool {
			return f.ID == partition.Of(e.Position) && e.Position.Offset < f.First
		})
		if !lost || r.lostParked[string(e.Key())] {
			continue
		}
		if e, err = r.wholeLive(ctx, e); err != nil {
			return err
		}
		if e == nil {
			continue // it is applied since
		}
		for _, f := range fresh {
			f.Parks = f.Parks || f.ID == partition.Of(e.Position) // it is stored with its position
		}
		if err := w.add(ctx, r.carry(e).Write(r.task.Gen.Parked)); err != nil {
			return err
		}
	}
	return w.flush(ctx)
}

// wholeLive returns a parked event of the live views with its record, nil if it is parked no longer.
func (n *target) wholeLive(ctx context.Context, e *parked.Event) (*parked.Event, error) {
	whole, err := e.Whole(ctx, n.set.Reader, n.set.Catalog.Live().Parked)
	if errors.Is(err, brook.ErrConflict) {
		return nil, nil
	}
	return whole, err
}

// carry parks an event of the live views, and returns it.
func (r *Rebuild) carry(e *parked.Event) *parked.Event {
	e = e.Waiting()
	r.lostParked[string(e.Key())] = true
	r.park(e)
	r.task.Batch.Parked.Forget() // the caller stores it
	return e
}

// overtakenParked are the parked events of the live views, with their records, that were in gaps
// which readers found and tasks have yet to pass.
type overtakenParked struct {
	mu     sync.Mutex // readers add, the task takes
	events []*parked.Event
}

// add notes the events that the live views have parked of a gap.
func (o *overtakenParked) add(
	ctx context.Context, n *target, id partition.ID, lost input.Gap,
) error {
	for _, e := range n.set.Parked.All() {
		if id != partition.Of(e.Position) || !within(lost, e.Position.Offset) {
			continue
		}
		e, err := n.wholeLive(ctx, e)
		if err != nil {
			return err
		}
		if e != nil {
			o.mu.Lock()
			o.events = append(o.events, e)
			o.mu.Unlock()
		}
	}
	return nil
}

// take returns the events of a gap, once.
func (o *overtakenParked) take(id partition.ID, lost input.Gap) (taken []*parked.Event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.events = slices.DeleteFunc(o.events, func(e *parked.Event) bool {
		ours := id == partition.Of(e.Position) && within(lost, e.Position.Offset)
		if ours {
			taken = append(taken, e)
		}
		return ours
	})
	return taken
}

// settleParked decides about the events that the rebuild parked, by what the live views did with
// them: those that were dropped are gone, and those that the live views have parked, too, wait
// since then and are reported if they are there. What the live views parked meanwhile of what the
// log has lost is carried over.
func (s *settlement) settleParked(ctx context.Context) error {
	events, err := s.set.Letters.Parked(ctx, s.live)
	if err != nil {
		return err
	}
	table, j := s.task.Gen.Parked, &s.task.Batch.Parked
	live := map[string]*parked.Event{}
	for _, e := range events {
		live[string(e.Key())] = e
		if s.lacks(e.Position) && !s.lostParked[string(e.Key())] {
			if e, err = s.wholeLive(ctx, e); err != nil {
				return err
			}
			if e == nil {
				continue
			}
			if f := s.task.Partition(partition.Of(e.Position)); f != nil {
				f.TouchParked()
			}
			if err := s.writer.add(ctx, s.carry(e).Write(table)); err != nil {
				return err
			}
		}
	}
	for _, e := range j.Events().All() {
		dropped := s.asides.Dropped(e.Position)
		if s.carried[string(e.Key())] || slices.Contains(dropped, "") || slices.Contains(dropped, e.Set) {
			j.Removed(e, parked.Due{By: e.Position, Free: true})
			continue
		}
		l := e.Letter
		l.Silent, l.Owes = s.asides.Silence(&l)
		j.Settle(e, l, live[string(e.Key())])
	}
	if err := s.writer.flush(ctx); err != nil { // what was carried over is read below
		return err
	}
	if err := s.task.CompleteParked(ctx); err != nil {
		return err
	}
	tables := parked.Tables{Events: table, Letters: s.task.Gen.Letters}
	lettered := func(key []byte) bool { return s.carried[string(key)] }
	for _, w := range j.Writes(nil, tables, lettered) {
		if err := s.writer.add(ctx, w); err != nil {
			return err
		}
	}
	j.Forget()
	return s.task.Moved(ctx) // if it parks the first ones of a partition
}
