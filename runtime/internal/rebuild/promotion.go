package rebuild

import (
	"context"
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/parked"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// errContended is the error of a promotion that other processes' commits left no time for.
var errContended = errors.New("brook: other processes commit all the time")

// promoteTries is how often a promotion is tried with this process's tasks at rest before they go
// on for a while.
const promoteTries = 3

// promotion makes the rebuilt generation the live one, with all tasks at rest.
type promotion struct {
	*Rebuild
	rest *task.Quiesced
	live *generation.Generation // that it replaces
}

// promote makes the rebuilt generation the live one, in one commit, with all tasks at rest.
func (r *Rebuild) promote(ctx context.Context) error {
	rest, err := r.set.Quiesce(ctx)
	if err != nil {
		return err
	}
	r.task.Rest = rest
	defer func() {
		r.task.Rest = nil
		rest.End()
	}()
	p := promotion{Rebuild: r, rest: rest}
	return p.run(ctx)
}

// run tries the promotion until that succeeds, fails for good, or others commit all the time.
func (p *promotion) run(ctx context.Context) error {
	s, g := p.set, p.task.Gen
	for tries := 1; ; tries++ {
		p.rest.Released = false
		p.live = s.Catalog.Live()
		if done, err := s.Catalog.Construction.Promoted(g); done || err != nil {
			return err
		}
		checks, err := p.catchUp(ctx)
		if err != nil {
			return err
		}
		if err := p.settle(ctx, p.live); err != nil {
			return err
		}
		if p.rest.Released { // the live views may have moved on
			tries--
			continue
		}
		if p.review.do != nil {
			if err := p.measure(ctx); err != nil {
				return err
			}
			return p.review.open(ctx, s.Store, p.live)
		}
		blocked, err := s.Letters.Blocked(ctx, g)
		if err != nil {
			return err
		}
		events, err := s.Letters.Parked(ctx, g)
		if err != nil {
			return err
		}
		if err := p.measure(ctx); err != nil {
			return err
		}
		err = s.Catalog.Construction.Promote(ctx, g, checks)
		switch {
		case err == nil && s.Catalog.Live() == g:
			p.install(blocked, events)
			return nil
		case err == nil: // a try before did it
			continue
		case !errors.Is(err, brook.ErrConflict) || errors.Is(err, catalog.ErrOvertaken):
			s.Doubt(err)
			return err
		case tries == promoteTries: // each time another process folded on meanwhile
			p.contended = true
			return errContended
		}
	}
}

// install makes memory follow the promotion, which is stored: nothing here may fail. blocked are
// the keys that the promoted letters block, and events are what is parked.
func (p *promotion) install(
	blocked map[partition.ID]*deadletter.Blocked, events []*parked.Event,
) {
	s := p.set
	s.Blocked.Replace(blocked)
	s.Parked.Replace(events)
	first := map[partition.ID]int64{}
	for _, f := range p.task.Partitions {
		first[f.ID] = f.First
	}
	s.TasksMu.Lock()
	defer s.TasksMu.Unlock()
	for _, live := range s.Tasks {
		live.In(p.task.Gen)
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
func (p *promotion) measure(ctx context.Context) error {
	standings, err := p.live.Standings(ctx, p.set.Reader)
	if err != nil {
		return err
	}
	report := &p.tally.report
	report.Read, report.ReadBefore = 0, 0
	for _, s := range standings {
		report.ReadBefore += max(0, s.Next-s.First)
	}
	for _, f := range p.task.Partitions {
		report.Read += max(0, f.Base()-f.First)
	}
	return nil
}

// catchUp folds up to where the live views stand, with all tasks at rest. Over a shared store it
// returns the checks that the live views still stand there.
func (p *promotion) catchUp(ctx context.Context) (checks []brook.Check, err error) {
	s := p.set
	if s.Catalog.Fenced() {
		standings, err := p.live.Standings(ctx, s.Reader)
		if err != nil {
			return nil, err
		}
		check := func(id partition.ID, stored []byte) {
			c := brook.Check{Table: p.live.Positions, Key: id.AppendKey(nil), Value: stored}
			checks = append(checks, c)
		}
		for id, stored := range standings {
			s.Progress.Advance(id, stored.Next)
			check(id, stored.Raw)
		}
		for _, f := range p.task.Partitions {
			if _, ok := standings[f.ID]; !ok { // nor may anybody begin with it
				check(f.ID, nil)
			}
		}
	}
	for id := range s.Progress.All() {
		if s.Code.Reads(id.Topic) && p.task.Partition(id) == nil {
			return nil, task.ErrOthers // what was folded of it is not in the new views
		}
	}
	behind, err := p.aim(ctx)
	if err != nil || behind == 0 {
		return checks, err
	}
	return checks, p.fold(ctx)
}
