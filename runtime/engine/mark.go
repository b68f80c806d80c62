package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// markPause is how seldom the driver is told how far the app came, where nothing hangs on it.
const markPause = time.Second

// marks are what the driver is to be told: that all below was acted on.
type marks struct {
	due   map[partition.ID]int64
	held  map[partition.ID]int64 // that wait for emissions that could not be published yet
	next  time.Time              // when they are told
	tries int                    // that failed since it was told last
}

// note puts a mark behind the emissions that it counts on.
func (o *outbox) note(id partition.ID, next int64) {
	if next <= o.share.acted[id] {
		return // marks only rise
	}
	last := len(o.items) - 1
	if last < 0 || o.items[last].mark == nil {
		o.items = append(o.items, &outboxItem{mark: map[partition.ID]int64{}})
		last++
	}
	o.items[last].mark[id] = next
}

// due gives the marks that are to be told, or how long to wait for that, 0: there are none. Now says not to wait; soon, to wait only
// after failures.
func (o *outbox) due(soon, now bool) (due []brook.Position, wait time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for id, next := range o.marks.due {
		if o.share.owns(id) && next > o.share.acted[id] {
			due = append(due, id.At(next))
		} else {
			delete(o.marks.due, id) // others go on from there
		}
	}
	if len(due) == 0 {
		o.ease()
		return nil, 0
	}
	soon = (soon || len(o.hurry) > 0) && o.marks.tries == 0
	if wait = time.Until(o.marks.next); wait > 0 && !soon && !now {
		return nil, wait
	}
	slices.SortFunc(due, brook.Position.Compare)
	return due, 0
}

// told forgets the marks that were due.
func (o *outbox) told(due []brook.Position) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, p := range due {
		o.share.know(partition.Of(p), p.Offset)
	}
	clear(o.marks.due) // only who publishes adds to them, and that is the caller
	o.marks.tries, o.marks.next = 0, time.Now().Add(markPause)
	o.ease()
}

// untold has the marks told again later.
func (o *outbox) untold(policy brook.Retry) (tries int, wait time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.marks.tries++
	wait = retry.Wait(policy, o.marks.tries)
	o.marks.next = time.Now().Add(wait)
	return o.marks.tries, wait
}

// forgo forgets the marks that were due, though they could not be told.
func (o *outbox) forgo() {
	o.mu.Lock()
	defer o.mu.Unlock()
	clear(o.marks.due)
	o.marks.tries = 0
	o.ease()
}

// marked gives how far the group has acted, as the driver keeps it.
func (a *App) marked(ctx context.Context) (map[partition.ID]int64, error) {
	m, ok := a.config.Driver.(brook.Marker)
	if !ok {
		return nil, nil
	}
	all, err := m.Marks(ctx, a.config.Name)
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
func (a *App) tellUnmarked(standings map[partition.ID]partition.Stored, partitions []brook.Partition, marks map[partition.ID]int64) {
	if marks == nil || !a.forgets() || !slices.ContainsFunc(a.def.Handlers, func(h Handler) bool { return h.Acts }) {
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
		a.config.Log.Warn("brook: the store forgets, and the log has no mark of how far the app acted on these partitions: "+
			"all that they hold is acted on, so emissions are published and effects run, perhaps not for the first time",
			"app", a.config.Name, "partitions", n, "offsets", events)
	}
}

// mark tells the driver how far the app has acted, where it is time, and else says how long to wait for that. Effects of a store
// that forgets hang on it, so there it is tried until it is told, or for as long as limit says where that is not 0; with others it shows people the
// lag, and the group what its members need not do.
func (a *App) mark(ctx context.Context, now bool, limit time.Duration) (wait time.Duration, err error) {
	forgets := a.forgets()
	due, wait := a.outbox.due(forgets, now)
	if len(due) == 0 {
		return wait, nil
	}
	m, ok := a.config.Driver.(brook.Marker)
	if !ok {
		a.outbox.forgo()
		return 0, nil
	}
	started := time.Now()
	tell := func() error {
		err := m.Mark(ctx, a.config.Name, due)
		if err != nil && limit > 0 && time.Since(started) >= limit {
			return fmt.Errorf("brook: the driver does not take how far the app acted, so that it would act again from there: %w: %w", err, brook.ErrPermanent)
		}
		return err
	}
	if forgets && !a.outbox.shared() {
		err = a.insist(ctx, "mark", tell)
	} else {
		err = tell()
	}
	switch {
	case err == nil:
		a.outbox.told(due)
	case forgets && (!a.outbox.shared() || errors.Is(err, brook.ErrPermanent)):
		return 0, err
	case errors.Is(err, brook.ErrPermanent):
		a.failure(brook.Failure{What: "mark", Position: due[0], Attempts: 1, Err: err, Final: true})
		a.outbox.forgo()
	case ctx.Err() == nil:
		var attempts int
		attempts, wait = a.outbox.untold(a.config.Retry)
		a.failure(brook.Failure{What: "mark", Position: due[0], Attempts: attempts, Err: err})
	}
	return wait, nil
}
