package rebuild

import (
	"bytes"
	"context"
	"errors"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// errContended says that other processes commit too often for a promotion to come between.
var errContended = errors.New("brook: other processes commit all the time")

// promoteTries is how often a promotion is tried with this process's lanes at rest before they go on for a while.
const promoteTries = 3

// promote makes the rebuilt generation the live one, in one commit, with all lanes at rest.
func (r *Rebuild) promote(ctx context.Context) (err error) {
	s, l := r.set, r.task
	rest, err := s.Quiesce(ctx)
	if err != nil {
		return err
	}
	l.Rest = rest
	defer func() {
		l.Rest = nil
		rest.End()
	}()
	var old *catalog.Generation
	var held map[partition.ID]*deadletter.Blocked
	for tries := 1; ; tries++ {
		rest.Released = false
		old = s.Catalog.Live()
		if done, err := s.Catalog.Promoted(l.Gen); done || err != nil {
			return err
		}
		checks, err := r.meet(ctx, old)
		if err != nil {
			return err
		}
		if err := r.settle(ctx, old); err != nil {
			return err
		}
		if rest.Released { // the live views may have moved on
			tries--
			continue
		}
		if held, err = s.Letters.Blocked(ctx, l.Gen); err != nil {
			return err
		}
		if err := r.measure(ctx, old); err != nil {
			return err
		}
		err = s.Catalog.Promote(ctx, l.Gen, checks)
		if err == nil && s.Catalog.Live() != l.Gen {
			continue // a try before did it
		}
		if err == nil {
			break
		}
		if !errors.Is(err, brook.ErrConflict) || errors.Is(err, catalog.ErrOvertaken) {
			s.Doubt(err)
			return err
		} // else another process folded on meanwhile
		if tries == promoteTries {
			r.contended = true
			return errContended
		}
	}
	// From here on nothing may fail: memory follows what is stored.
	s.Blocked = held
	first := map[partition.ID]int64{}
	for _, f := range l.Partitions {
		first[f.ID] = f.First
	}
	s.LanesMu.Lock()
	defer s.LanesMu.Unlock()
	for _, live := range append([]*task.Task{s.Exclusive}, s.Tasks...) {
		live.In(l.Gen)
		for _, f := range live.Partitions {
			f.Blocked = s.BlockedOf(f.ID)
			f.Repeats.Reset()
			if at, ok := first[f.ID]; ok {
				f.First = at
			}
		}
	}
	return nil
}

// measure notes how much of the log the rebuilt views are made from, and the live ones.
func (r *Rebuild) measure(ctx context.Context, live *catalog.Generation) error {
	standings, err := r.set.Catalog.Standings(ctx, r.set.Reader, live)
	if err != nil {
		return err
	}
	r.report.Read, r.report.ReadBefore = 0, 0
	for _, s := range standings {
		r.report.ReadBefore += max(0, s.Next-s.First)
	}
	for _, f := range r.task.Partitions {
		r.report.Read += max(0, f.Base()-f.First)
	}
	return nil
}

// meet folds what the lane is behind the live views, with all lanes at rest, and returns what makes sure that these
// stand there still.
func (r *Rebuild) meet(ctx context.Context, live *catalog.Generation) (checks []brook.Check, err error) {
	s, l := r.set, r.task
	if s.Catalog.Fenced() {
		standings, err := s.Catalog.Standings(ctx, s.Reader, live)
		if err != nil {
			return nil, err
		}
		for id, stored := range standings {
			s.Progress.Advance(id, stored.Next)
			checks = append(checks, brook.Check{Table: live.Positions, Key: id.AppendKey(nil), Value: stored.Raw})
		}
		for _, f := range l.Partitions {
			if _, ok := standings[f.ID]; !ok { // nor may anybody begin with it
				checks = append(checks, brook.Check{Table: live.Positions, Key: f.ID.AppendKey(nil)})
			}
		}
	}
	for id := range s.Progress.All() {
		if s.Code.Reads(id.Topic) && l.Partition(id) == nil {
			return nil, task.ErrOthers // what was folded of it is not in the new views
		}
	}
	behind, err := r.aim(ctx)
	if err != nil || behind == 0 {
		return checks, err
	}
	return checks, r.fold(ctx)
}

// gone reports whether the log lost a record before the rebuild came to it.
func (r *Rebuild) gone(p brook.Position) bool {
	f := r.task.Partition(partition.Of(p))
	return f == nil || p.Offset < f.First ||
		slices.ContainsFunc(r.gaps[f.ID], func(g input.Gap) bool { return g.From <= p.Offset && p.Offset < g.To })
}

// settle decides, by what is true of the live views now, what becomes of the letters and emissions that the rebuild made, and carries over what it
// could not make itself. Nobody reads these before the promotion. Letters that the live views don't have are redriven once; where
// some are left, the rebuild is refused.
func (r *Rebuild) settle(ctx context.Context, old *catalog.Generation) error {
	for {
		if err := r.settleOnce(ctx, old); err != nil {
			return err
		}
		var untried []deadletter.Letter
		for i := range r.strangers {
			if !r.tried[string(r.strangers[i].AppendKey(nil))] {
				untried = append(untried, r.strangers[i])
			}
		}
		if len(untried) == 0 {
			break
		}
		if err := r.redrive(ctx, untried); err != nil {
			return err
		}
	}
	if len(r.strangers) > 0 && !r.options.Accept {
		return &brook.RebuildRefusedError{Report: r.report}
	}
	return nil
}

func (r *Rebuild) settleOnce(ctx context.Context, old *catalog.Generation) error {
	s, g := r.set, r.task.Gen
	parts := writer{store: r.set.Store}
	carried := map[string]bool{}
	var err error
	r.asides, err = s.Letters.SetAside(ctx, old, func(l *deadletter.Letter) error {
		if l.Stage != brook.StageEmit && !r.gone(l.Position) {
			return nil
		}
		w := l.Write(g.Letters)
		carried[string(w.Key)] = true
		return parts.add(ctx, w)
	})
	if err == nil {
		err = parts.flush(ctx)
	}
	if err == nil {
		err = r.settleLetters(ctx, carried, &parts)
	}
	if err == nil {
		err = r.settleOwed(ctx, old, &parts)
	}
	if err == nil {
		err = r.carryDropped(ctx, old, &parts)
	}
	if err != nil {
		return err
	}
	return parts.flush(ctx)
}

// settleLetters looks through the letters of the rebuild.
func (r *Rebuild) settleLetters(ctx context.Context, carried map[string]bool, parts *writer) error {
	g := r.task.Gen
	r.reset()
	for row, err := range r.set.Reader.Scan(ctx, g.Letters, nil, nil) {
		if err != nil {
			return err
		}
		l, err := deadletter.Decode(row.Value)
		if err != nil {
			return err
		}
		if carried[string(row.Key)] {
			r.report.Letters++
			continue
		}
		if r.over(&l) {
			if err := parts.add(ctx, brook.Write{Table: g.Letters, Key: bytes.Clone(row.Key), Op: brook.Remove}); err != nil {
				return err
			}
			if f := r.task.Partition(partition.Of(l.Position)); f != nil {
				f.Blocked.Remove(&l)
			}
			continue
		}
		r.note(&l)
		if silent, owes := r.asides.Silence(&l); l.Stage != brook.StageEmit && (silent != l.Silent || !slices.Equal(owes, l.Owes)) {
			l.Silent, l.Owes = silent, owes
			if err := parts.add(ctx, l.Write(g.Letters)); err != nil {
				return err
			}
		}
	}
	report.SortFailures(&r.report)
	return parts.flush(ctx)
}

// over reports whether a letter of the rebuild, or of an emission that it owes, is none any more: it was redriven or dropped in the live views meanwhile.
func (r *Rebuild) over(l *deadletter.Letter) bool {
	switch {
	case l.Stage == brook.StageEmit:
		return !r.asides.Owed(l.Position, l.Set)
	case r.gone(l.Position):
		return true // it was carried over before
	}
	dropped := r.asides.Dropped(l.Position)
	return slices.Contains(dropped, "") || l.Set != "" && slices.Contains(dropped, l.Set)
}

// settleOwed removes the emissions of what was redriven or dropped meanwhile, and carries over those that the live views owe still.
func (r *Rebuild) settleOwed(ctx context.Context, old *catalog.Generation, parts *writer) error {
	g := r.task.Gen
	carried := map[string]bool{}
	for row, err := range r.set.Reader.Scan(ctx, old.Owed, nil, nil) {
		if err != nil {
			return err
		}
		carried[string(row.Key)] = true
		w := brook.Write{Table: g.Owed, Key: bytes.Clone(row.Key), Value: bytes.Clone(row.Value.Data.([]byte))}
		if err := parts.add(ctx, w); err != nil {
			return err
		}
	}
	for row, err := range r.set.Reader.Scan(ctx, g.Owed, nil, nil) {
		if err != nil {
			return err
		}
		item, err := outbox.DecodeItem(row)
		if err != nil {
			return err
		}
		if carried[string(row.Key)] || r.asides.Owed(item.Position, item.Set) {
			continue
		}
		if err := parts.add(ctx, brook.Write{Table: g.Owed, Key: item.Key, Op: brook.Remove}); err != nil {
			return err
		}
	}
	return parts.flush(ctx)
}

// carryDropped keeps which letters were dropped, but for those whose records no rebuild meets again.
func (r *Rebuild) carryDropped(ctx context.Context, old *catalog.Generation, parts *writer) error {
	for row, err := range r.set.Reader.Scan(ctx, old.Dropped, nil, nil) {
		if err != nil {
			return err
		}
		d, err := deadletter.DecodeDropped(row)
		if err != nil {
			return err
		}
		if r.gone(d.Position) {
			continue
		}
		w := brook.Write{Table: r.task.Gen.Dropped, Key: bytes.Clone(row.Key), Value: bytes.Clone(row.Value.Data.([]byte))}
		if err := parts.add(ctx, w); err != nil {
			return err
		}
	}
	return parts.flush(ctx)
}

// writer commits writes that need not be one commit.
type writer struct {
	store  brook.Store
	writes []brook.Write
}

func (w *writer) add(ctx context.Context, one brook.Write) error {
	if w.writes = append(w.writes, one); len(w.writes) < 16 {
		return nil
	}
	return w.flush(ctx)
}

func (w *writer) flush(ctx context.Context) error {
	err := retry.InParts(w.writes, func(part []brook.Write) error { return w.store.Commit(ctx, &brook.Batch{Writes: part}) })
	w.writes = nil
	return err
}
