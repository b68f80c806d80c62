package publisher

import (
	"context"
	"errors"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// KeepsCheckpoints reports whether the driver keeps checkpoints.
func (p *Publisher) KeepsCheckpoints() bool {
	_, ok := p.Config.Driver.(brook.Marker)
	return ok
}

// Forgets reports whether the store's commits end with the process.
func (p *Publisher) Forgets() bool {
	d, ok := p.Store.(brook.Durable)
	return !ok || !d.Durable()
}

// Checkpoints returns how far the group has acted, as the driver keeps it; nil if the driver keeps
// no checkpoints.
func (p *Publisher) Checkpoints(ctx context.Context) (map[partition.ID]int64, error) {
	m, ok := p.Config.Driver.(brook.Marker)
	if !ok {
		return nil, nil
	}
	all, err := m.Marks(ctx, p.Config.Name)
	if err != nil {
		return nil, err
	}
	checkpoints := map[partition.ID]int64{}
	for _, p := range all {
		checkpoints[partition.Of(p)] = p.Offset
	}
	return checkpoints, nil
}

// WarnUnmarked logs that an app whose store forgets is about to act on all that partitions hold,
// because the driver has no checkpoint for them. That is right at the very first start, and wrong
// if checkpoints expired or were deleted with their group.
func (p *Publisher) WarnUnmarked(
	standings map[partition.ID]partition.Stored, partitions []brook.Partition,
	checkpoints map[partition.ID]int64,
) {
	if checkpoints == nil || !p.Forgets() || !p.Code.Acts() {
		return
	}
	n, events := 0, int64(0)
	for _, p := range partitions {
		id := partition.ID{Topic: p.Topic, Number: p.Number}
		_, stands := standings[id]
		if _, known := checkpoints[id]; !known && !stands && p.End > p.Start {
			n, events = n+1, events+p.End-p.Start
		}
	}
	if n > 0 {
		p.Report.Warn("the store forgets, and the log has no mark of how far the app acted on these "+
			"partitions: all that they hold is acted on, so emissions are published and effects run, "+
			"perhaps not for the first time", "partitions", n, "offsets", events)
	}
}

// Checkpoint hands the driver the checkpoints that are due, or returns how long to wait until some
// are. If the store forgets, effects depend on them: Checkpoint tries until the driver takes them,
// or for as long as limit if that is not 0. With other stores they show people the lag, and
// keep other members of a group from acting again. now says not to wait.
func (p *Publisher) Checkpoint(
	ctx context.Context, now bool, limit time.Duration,
) (wait time.Duration, err error) {
	forgets := p.Forgets()
	due, wait := p.Outbox.Checkpoints.Due(forgets, now)
	if len(due) == 0 {
		return wait, nil
	}
	m, ok := p.Config.Driver.(brook.Marker)
	if !ok {
		p.Outbox.Checkpoints.Forgo()
		return 0, nil
	}
	started := time.Now()
	tell := func() error {
		err := m.Mark(ctx, p.Config.Name, due)
		if err != nil && limit > 0 && time.Since(started) >= limit {
			return fmt.Errorf("brook: the driver does not take how far the app acted, "+
				"so that it would act again from there: %w: %w", err, brook.ErrPermanent)
		}
		return err
	}
	if forgets && !p.Outbox.Group.Divided() {
		err = p.Retry.Ask(ctx, "mark", tell)
	} else {
		err = tell()
	}
	switch {
	case err == nil:
		p.Outbox.Checkpoints.Confirm(due)
		p.marking.Succeeded()
	case forgets && (!p.Outbox.Group.Divided() || errors.Is(err, brook.ErrPermanent)):
		return 0, err
	case errors.Is(err, brook.ErrPermanent):
		p.marking.Note(brook.Failure{What: "mark", Position: due[0], Err: err, Final: true})
		p.Outbox.Checkpoints.Forgo()
	case ctx.Err() == nil:
		_, wait = p.Outbox.Checkpoints.Postpone(p.Config.Retry)
		p.marking.Note(brook.Failure{What: "mark", Position: due[0], Err: err})
	}
	return wait, nil
}
