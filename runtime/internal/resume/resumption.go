// Package resume makes the tasks that fold into the live views, from where these stand in the store
// and from what the log holds, and compares the two.
//
// A Resumption takes the quiesce lock itself; one goroutine uses it, once. An Identity takes none,
// and any goroutine uses it.
package resume

import (
	"context"
	"errors"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// Resumption makes the tasks of the live views, which go on from the positions in the store.
type Resumption struct {
	Tasks *task.Set

	// Serial says why one task runs all partitions; "": as many run as the code and the log allow.
	Serial string
	// Mine is the partitions that this member of a group has; nil: all.
	Mine map[partition.ID]bool
}

// standing is what store and driver say of a generation.
type standing struct {
	gen         *generation.Generation
	stored      map[partition.ID]partition.Stored
	partitions  []brook.Partition
	checkpoints map[partition.ID]int64
}

// Resume returns the tasks, all partitions that there are, and how the partitions are run. There
// are no tasks if the topics have different numbers of partitions and so can't be divided yet.
func (r *Resumption) Resume(ctx context.Context) (
	[]*task.Task, []brook.Partition, brook.Mode, error,
) {
	for {
		st, err := r.look(ctx, r.Tasks.Catalog.Live())
		if err != nil {
			return nil, nil, brook.Mode{}, err
		}
		mode := r.mode(st.partitions)
		code := r.Tasks.Code
		if r.Mine != nil && mode.Lanes == 1 && len(st.partitions) > len(code.Topics) {
			why := fmt.Errorf("%w: Group: the partitions can't be divided: %s",
				brook.ErrConfig, mode.Reason)
			if !code.Uneven(st.partitions) {
				return nil, nil, mode, why
			}
			// Topics grow one after the other.
			r.Tasks.Report.Failure(brook.Failure{What: "folding", Attempts: 1, Err: fmt.Errorf(
				"%w: nothing is folded until they have the same number", why)})
			return nil, st.partitions, mode, nil
		}
		tasks, err := r.register(ctx, st, mode)
		if tasks != nil || err != nil {
			r.Tasks.Report.Worked("", "folding", brook.Position{})
			return tasks, st.partitions, mode, err
		}
	}
}

// look reads where the live views stand, and what there is to read.
func (r *Resumption) look(ctx context.Context, g *generation.Generation) (st standing, err error) {
	s := r.Tasks
	defer s.Report.Slow("asking store and driver for positions, partitions and marks")()
	st.gen = g
	err = s.Retry.Do(ctx, "read", func() (err error) { // first, because other processes may move on
		st.stored, err = g.Standings(ctx, s.Reader)
		return err
	})
	if err != nil {
		return st, err
	}
	for id, stored := range st.stored {
		s.Progress.Advance(id, stored.Next)
	}
	if st.partitions, err = s.Partitions(ctx); err != nil {
		return st, err
	}
	err = s.Retry.Ask(ctx, "read", func() (err error) {
		st.checkpoints, err = s.Publisher.Checkpoints(ctx)
		return err
	})
	if err == nil {
		s.Publisher.WarnUnmarked(st.stored, st.partitions, st.checkpoints)
	}
	return st, err
}

// register makes the tasks and lets whoever promotes a generation know them. It returns none if
// another generation was promoted since st was read.
func (r *Resumption) register(
	ctx context.Context, st standing, mode brook.Mode,
) ([]*task.Task, error) {
	s := r.Tasks
	defer s.Report.Slow("waiting for calls under way, and reading dead letters and emissions")()
	if err := s.Lock.Lock(ctx); err != nil {
		return nil, err
	}
	defer s.Lock.Unlock()
	if s.Catalog.Live() != st.gen {
		return nil, nil
	}
	// After the positions: letters that are older than they must not go by newer positions.
	if s.Catalog.Fenced() {
		err := s.Retry.Do(ctx, "read", func() (err error) {
			blocked, err := s.Letters.Blocked(ctx, s.Catalog.Live())
			if err != nil {
				return err
			}
			s.Blocked.Replace(blocked)
			return s.ReadParked(ctx, st.stored)
		})
		if err != nil {
			return nil, err
		}
	}
	partitions, err := r.partitions(st)
	if err != nil {
		return nil, err
	}
	if r.Mine != nil { // what earlier owners did not get to publish
		err := s.Retry.Do(ctx, "read", func() error {
			return s.Publisher.Load(ctx, leftTo(r.Mine, st.partitions))
		})
		if err != nil {
			return nil, err
		}
	}
	for _, p := range partitions {
		next := p.Base()
		if s.Catalog.Fenced() && r.Mine == nil {
			next = 0 // others may not have published what they folded; of a group, that was loaded
		}
		if low, ok := s.Parked.Owing(p.ID, s.AwaitsParked()); ok && !s.Catalog.Fenced() {
			next = min(next, low) // what it woke, or is parked, has yet to act
		}
		s.Outbox.Checkpoints.Begin(p.ID, next, st.checkpoints[p.ID])
	}
	if s.Publisher.Forgets() {
		s.Outbox.Checkpoints.Overtaken(st.checkpoints)
	}
	tasks := s.Split(partitions, mode)
	s.TasksMu.Lock()
	defer s.TasksMu.Unlock()
	s.Tasks = tasks
	return tasks, nil
}

// partitions returns the partitions that are folded here, each at its stored position. The caller
// holds the quiesce lock.
func (r *Resumption) partitions(st standing) (all []*task.Partition, err error) {
	s := r.Tasks
	if r.Mine != nil {
		s.Gauges.Keep(r.Mine)
	}
	var errs []error
	for _, p := range st.partitions {
		id := partition.ID{Topic: p.Topic, Number: p.Number}
		if r.Mine != nil && !r.Mine[id] {
			continue
		}
		one := task.NewPartition(p, s.BlockedOf(id), r.Tasks.Config.DropRepeats)
		stored, ok := st.stored[id]
		if !ok || s.Publisher.Forgets() {
			one.Silent = st.checkpoints[id]
		}
		one.New = !ok
		if ok {
			goOn := r.Tasks.Config.OnRetention == brook.GoOn
			errs = append(errs, one.Resume(stored, p, goOn, s.Report))
		}
		s.Progress.Advance(id, one.Base())
		one.Gauge = s.Gauges.Resume(id, one.Base(), p.End)
		all = append(all, one)
	}
	return all, errors.Join(errs...)
}

// leftTo returns whose emissions a member publishes that has the partitions in mine: theirs, and
// those of partitions that the app no longer reads if it has the first one of all.
func leftTo(
	mine map[partition.ID]bool, partitions []brook.Partition,
) func(partition.ID) bool {
	first, all := false, map[partition.ID]bool{}
	for i, p := range partitions {
		id := partition.ID{Topic: p.Topic, Number: p.Number}
		all[id] = true
		first = first || i == 0 && mine[id]
	}
	return func(id partition.ID) bool { return mine[id] || first && !all[id] }
}

// mode returns how the partitions are run.
func (r *Resumption) mode(partitions []brook.Partition) brook.Mode {
	if r.Serial != "" {
		return brook.Mode{Lanes: 1, Reason: r.Serial}
	}
	_, placed := r.Tasks.Config.Driver.(brook.Partitioner)
	return r.Tasks.Code.Mode(partitions, placed, delivery.Unkeyed(r.Tasks.Config.Envelope))
}
