package rebuild

import (
	"context"
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// errContended is the error of a promotion that other processes' commits left no time for.
var errContended = errors.New("brook: other processes commit all the time")

// promoteTries is how often a promotion is tried with this process's tasks at rest before they go
// on for a while.
const promoteTries = 3

// promote makes the rebuilt generation the live one, in one commit, with all tasks at rest.
func (r *Rebuild) promote(ctx context.Context) error {
	s := r.set
	rest, err := s.Quiesce(ctx)
	if err != nil {
		return err
	}
	r.task.Rest = rest
	defer func() {
		r.task.Rest = nil
		rest.End()
	}()
	for tries := 1; ; tries++ {
		rest.Released = false
		live := s.Catalog.Live()
		if done, err := s.Catalog.Promoted(r.task.Gen); done || err != nil {
			return err
		}
		checks, err := r.catchUp(ctx, live)
		if err != nil {
			return err
		}
		if err := r.settle(ctx, live); err != nil {
			return err
		}
		if rest.Released { // the live views may have moved on
			tries--
			continue
		}
		blocked, err := s.Letters.Blocked(ctx, r.task.Gen)
		if err != nil {
			return err
		}
		if err := r.measure(ctx, live); err != nil {
			return err
		}
		err = s.Catalog.Promote(ctx, r.task.Gen, checks)
		switch {
		case err == nil && s.Catalog.Live() == r.task.Gen:
			r.install(blocked)
			return nil
		case err == nil: // a try before did it
			continue
		case !errors.Is(err, brook.ErrConflict) || errors.Is(err, catalog.ErrOvertaken):
			s.Doubt(err)
			return err
		case tries == promoteTries: // each time another process folded on meanwhile
			r.contended = true
			return errContended
		}
	}
}

// install makes memory follow the promotion, which is stored: nothing here may fail. blocked are
// the keys that the promoted letters block.
func (r *Rebuild) install(blocked map[partition.ID]*deadletter.Blocked) {
	s := r.set
	s.Blocked = blocked
	first := map[partition.ID]int64{}
	for _, f := range r.task.Partitions {
		first[f.ID] = f.First
	}
	s.TasksMu.Lock()
	defer s.TasksMu.Unlock()
	for _, live := range s.Tasks {
		live.In(r.task.Gen)
		for _, f := range live.Partitions {
			f.Blocked = s.BlockedOf(f.ID)
			f.Repeats.Reset()
			if at, ok := first[f.ID]; ok {
				f.First = at
			}
		}
	}
}

// measure notes how many offsets of the log the rebuilt views are made from, and the live ones.
func (r *Rebuild) measure(ctx context.Context, live *catalog.Generation) error {
	standings, err := r.set.Catalog.Standings(ctx, r.set.Reader, live)
	if err != nil {
		return err
	}
	report := &r.tally.report
	report.Read, report.ReadBefore = 0, 0
	for _, s := range standings {
		report.ReadBefore += max(0, s.Next-s.First)
	}
	for _, f := range r.task.Partitions {
		report.Read += max(0, f.Base()-f.First)
	}
	return nil
}

// catchUp folds up to where the live views stand, with all tasks at rest. Over a shared store it
// returns the checks that the live views still stand there.
func (r *Rebuild) catchUp(
	ctx context.Context, live *catalog.Generation,
) (checks []brook.Check, err error) {
	s := r.set
	if s.Catalog.Fenced() {
		standings, err := s.Catalog.Standings(ctx, s.Reader, live)
		if err != nil {
			return nil, err
		}
		check := func(id partition.ID, stored []byte) {
			c := brook.Check{Table: live.Positions, Key: id.AppendKey(nil), Value: stored}
			checks = append(checks, c)
		}
		for id, stored := range standings {
			s.Progress.Advance(id, stored.Next)
			check(id, stored.Raw)
		}
		for _, f := range r.task.Partitions {
			if _, ok := standings[f.ID]; !ok { // nor may anybody begin with it
				check(f.ID, nil)
			}
		}
	}
	for id := range s.Progress.All() {
		if s.Code.Reads(id.Topic) && r.task.Partition(id) == nil {
			return nil, task.ErrOthers // what was folded of it is not in the new views
		}
	}
	behind, err := r.aim(ctx)
	if err != nil || behind == 0 {
		return checks, err
	}
	return checks, r.fold(ctx)
}
