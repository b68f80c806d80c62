package engine

import (
	"context"
	"errors"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// resume makes the lanes of the live views, each partition from where they stand: in one lane where one says why, and only of
// the partitions that are mine where that is not nil. It gives all partitions that there are too.
func (a *App) resume(ctx context.Context, one string, mine map[partition.ID]bool) ([]*task.Task, []brook.Partition, brook.Mode, error) {
	for {
		g := a.catalog.Live()
		standings, partitions, marks, err := a.look(ctx, g)
		if err != nil {
			return nil, nil, brook.Mode{}, err
		}
		mode := a.modeOf(partitions)
		if one != "" {
			mode = brook.Mode{Lanes: 1, Reason: one}
		}
		if mine != nil && mode.Lanes == 1 && len(partitions) > len(a.code.Topics) {
			why := fmt.Errorf("%w: Group: the partitions can't be divided: %s", brook.ErrConfig, mode.Reason)
			if !a.code.Uneven(partitions) {
				return nil, nil, mode, why
			}
			// Topics grow one after the other.
			a.report.Failure(brook.Failure{What: "folding", Attempts: 1, Err: fmt.Errorf("%w: nothing is folded until they have the same number", why)})
			return nil, partitions, mode, nil
		}
		lanes, err := a.register(ctx, g, standings, partitions, marks, mode, mine)
		if lanes != nil || err != nil {
			return lanes, partitions, mode, err
		}
	}
}

// look reads where the live views stand, and what there is to read.
func (a *App) look(ctx context.Context, g *catalog.Generation) (map[partition.ID]partition.Stored, []brook.Partition, map[partition.ID]int64, error) {
	defer a.report.Slow("asking store and driver for positions, partitions and marks")()
	var standings map[partition.ID]partition.Stored
	err := a.retry.Do(ctx, "read", func() (err error) { // first, because other processes may move on
		standings, err = a.catalog.Standings(ctx, a.reader, g)
		return err
	})
	if err != nil {
		return nil, nil, nil, err
	}
	for id, s := range standings {
		a.progress.Advance(id, s.Next)
	}
	partitions, err := a.tasks.Partitions(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	var marks map[partition.ID]int64
	err = a.retry.Do(ctx, "read", func() (err error) {
		marks, err = a.publisher.Checkpoints(ctx)
		return err
	})
	if err == nil {
		a.publisher.WarnUnmarked(standings, partitions, marks)
	}
	return standings, partitions, marks, err
}

// register makes the lanes known to whoever switches the live views; it gives none where somebody did since g was looked at.
func (a *App) register(ctx context.Context, g *catalog.Generation, standings map[partition.ID]partition.Stored, partitions []brook.Partition, marks map[partition.ID]int64, mode brook.Mode, mine map[partition.ID]bool) ([]*task.Task, error) {
	defer a.report.Slow("waiting for calls under way, and reading dead letters and emissions")()
	if err := a.lock.Lock(ctx); err != nil {
		return nil, err
	}
	defer a.lock.Unlock()
	if a.catalog.Live() != g {
		return nil, nil
	}
	if a.catalog.Fenced() { // after the standings: what is older than they must not go by newer ones
		err := a.retry.Do(ctx, "read", func() (err error) {
			a.tasks.Blocked, err = a.tasks.Letters.Blocked(ctx, a.catalog.Live())
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	var feeds []*task.Partition
	var errs []error
	for _, p := range partitions {
		id := partition.ID{Topic: p.Topic, Number: p.Number}
		if mine != nil && !mine[id] {
			continue
		}
		f := task.NewPartition(p, a.tasks.BlockedOf(id), a.config.DropRepeats)
		s, ok := standings[id]
		if !ok || a.publisher.Forgets() {
			f.Silent = marks[id]
		}
		f.New = !ok
		if ok {
			errs = append(errs, f.Resume(s, p, a.config.OnRetention == brook.GoOn, a.report))
		}
		a.progress.Advance(id, f.Base())
		feeds = append(feeds, f)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if mine != nil { // what earlier owners did not get to publish
		err := a.retry.Do(ctx, "read", func() error { return a.publisher.Load(ctx, leftTo(mine, partitions)) })
		if err != nil {
			return nil, err
		}
	}
	for _, f := range feeds {
		next := f.Base()
		if a.catalog.Fenced() && mine == nil {
			next = 0 // others may not have published what they folded; of a group, that was loaded
		}
		a.outbox.Begin(f.ID, next, marks[f.ID])
	}
	lanes := a.tasks.Split(feeds, mode)
	a.tasks.LanesMu.Lock()
	defer a.tasks.LanesMu.Unlock()
	a.tasks.Tasks = lanes
	return lanes, nil
}

// leftTo tells whose emissions the member that has the partitions in mine publishes: theirs, and those of partitions that the app
// no longer reads if it has the first one of all.
func leftTo(mine map[partition.ID]bool, partitions []brook.Partition) func(partition.ID) bool {
	first, all := false, map[partition.ID]bool{}
	for i, p := range partitions {
		id := partition.ID{Topic: p.Topic, Number: p.Number}
		all[id] = true
		first = first || i == 0 && mine[id]
	}
	return func(id partition.ID) bool { return mine[id] || first && !all[id] }
}

// modeOf says how the partitions are run.
func (a *App) modeOf(partitions []brook.Partition) brook.Mode {
	_, placed := a.config.Driver.(brook.Partitioner)
	return a.code.Mode(partitions, placed, delivery.Unkeyed(a.config.Envelope))
}
