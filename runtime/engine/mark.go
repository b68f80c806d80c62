package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// marked gives how far the group has acted, as the driver keeps it.
func (p *publisher) marked(ctx context.Context) (map[partition.ID]int64, error) {
	m, ok := p.config.Driver.(brook.Marker)
	if !ok {
		return nil, nil
	}
	all, err := m.Marks(ctx, p.config.Name)
	if err != nil {
		return nil, err
	}
	marks := map[partition.ID]int64{}
	for _, p := range all {
		marks[partition.Of(p)] = p.Offset
	}
	return marks, nil
}

// tellUnmarked says in the log that an app whose store forgets is about to act on all that partitions hold, because the driver has no mark for
// them: as it should be at the very first start, and not where marks expired or went with their group.
func (p *publisher) tellUnmarked(standings map[partition.ID]partition.Stored, partitions []brook.Partition, marks map[partition.ID]int64) {
	if marks == nil || !p.forgets() || !p.code.Acts() {
		return
	}
	n, events := 0, int64(0)
	for _, p := range partitions {
		id := partition.ID{Topic: p.Topic, Number: p.Number}
		_, stands := standings[id]
		if _, marked := marks[id]; !marked && !stands && p.End > p.Start {
			n, events = n+1, events+p.End-p.Start
		}
	}
	if n > 0 {
		p.report.Warn("the store forgets, and the log has no mark of how far the app acted on these partitions: "+
			"all that they hold is acted on, so emissions are published and effects run, perhaps not for the first time",
			"partitions", n, "offsets", events)
	}
}

// mark tells the driver how far the app has acted, where it is time, and else says how long to wait for that. Effects of a store
// that forgets hang on it, so there it is tried until it is told, or for as long as limit says where that is not 0; with others it shows people the
// lag, and the group what its members need not do.
func (p *publisher) mark(ctx context.Context, now bool, limit time.Duration) (wait time.Duration, err error) {
	forgets := p.forgets()
	due, wait := p.outbox.Due(forgets, now)
	if len(due) == 0 {
		return wait, nil
	}
	m, ok := p.config.Driver.(brook.Marker)
	if !ok {
		p.outbox.Forgo()
		return 0, nil
	}
	started := time.Now()
	tell := func() error {
		err := m.Mark(ctx, p.config.Name, due)
		if err != nil && limit > 0 && time.Since(started) >= limit {
			return fmt.Errorf("brook: the driver does not take how far the app acted, so that it would act again from there: %w: %w", err, brook.ErrPermanent)
		}
		return err
	}
	if forgets && !p.outbox.Shared() {
		err = p.retry.Do(ctx, "mark", tell)
	} else {
		err = tell()
	}
	switch {
	case err == nil:
		p.outbox.Confirm(due)
	case forgets && (!p.outbox.Shared() || errors.Is(err, brook.ErrPermanent)):
		return 0, err
	case errors.Is(err, brook.ErrPermanent):
		p.report.Failure(brook.Failure{What: "mark", Position: due[0], Attempts: 1, Err: err, Final: true})
		p.outbox.Forgo()
	case ctx.Err() == nil:
		var attempts int
		attempts, wait = p.outbox.Postpone(p.config.Retry)
		p.report.Failure(brook.Failure{What: "mark", Position: due[0], Attempts: attempts, Err: err})
	}
	return wait, nil
}
