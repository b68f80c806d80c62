package brook

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// publishOutbox publishes emissions until stop is closed and nothing is left, or ctx ends.
func (a *App) publishOutbox(ctx context.Context, stop <-chan struct{}) error {
	ending := false
	for {
		if err := a.adoptOwed(ctx); err != nil && ctx.Err() == nil {
			return fmt.Errorf("brook: take over what was emitted: %w", err)
		}
		items := a.outbox.head()
		if err := a.publishItems(ctx, items); err != nil && ctx.Err() == nil {
			return fmt.Errorf("brook: publish what was emitted: %w", err)
		}
		if ctx.Err() != nil {
			return nil // what is left stays in the store
		}
		if len(items) > 0 {
			a.outbox.done(items)
			a.wakeLanes()
		}
		wait, err := a.mark(ctx, ending, 0)
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("brook: mark how far the app acted: %w", err)
		}
		if len(items) > 0 {
			continue
		}
		if ending {
			return nil
		}
		if ending, err = a.pause(ctx, stop, wait); err != nil {
			return nil
		}
	}
}

// pause waits until there is something to publish, for a time where it is not 0, until stop is closed, which it reports, or
// ctx ends.
func (a *App) pause(ctx context.Context, stop <-chan struct{}, wait time.Duration) (stopped bool, err error) {
	var timer <-chan time.Time
	if wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-a.outbox.wake:
	case <-timer:
	case <-stop:
		return true, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
	return false, nil
}

// publishItems publishes items and removes them from the store, trying for as long as it takes.
func (a *App) publishItems(ctx context.Context, items []*outboxItem) error {
	var stored, rest []*outboxItem // rest is what is neither published nor refused
	for _, item := range items {
		if item.mark == nil {
			stored = append(stored, item)
			if !item.passed {
				rest = append(rest, item)
			}
		}
	}
	refused := map[*outboxItem]error{}
	err := a.insist(ctx, "publish", func() (err error) {
		rest, err = a.publishRest(ctx, rest, refused)
		return err
	})
	if err != nil {
		return err
	}
	return a.settleItems(ctx, stored, refused)
}

// settleItems removes from the store what was published, and makes letters of what was refused.
func (a *App) settleItems(ctx context.Context, items []*outboxItem, refused map[*outboxItem]error) error {
	if len(items) == 0 {
		return nil
	}
	var letters []DeadLetter
	batch := Batch{ID: a.ids.batch()}
	err := a.insist(ctx, "commit", func() error {
		a.gate.RLock() // until it is committed no rebuild switches the letters' table
		defer a.gate.RUnlock()
		letters, batch.Writes = letters[:0], batch.Writes[:0]
		for _, item := range items {
			batch.Writes = append(batch.Writes, Write{Table: a.outboxTable, Key: item.key, Op: Remove})
			if err := refused[item]; err != nil {
				l := item.letter(err)
				letters = append(letters, l)
				batch.Writes = append(batch.Writes, l.write(a.live.Load().letters))
			}
		}
		if a.fenced() && len(letters) > 0 {
			batch.Checks = []Check{a.unchanged()}
		}
		return a.store.Commit(ctx, &batch)
	})
	if half := len(items) / 2; errors.Is(err, ErrTooLarge) && half > 0 {
		return errors.Join(a.settleItems(ctx, items[:half], refused), a.settleItems(ctx, items[half:], refused))
	}
	if errors.Is(err, ErrConflict) {
		if err := a.insist(ctx, "reload", func() error { return a.reload(ctx) }); err != nil {
			return err
		}
		return a.settleItems(ctx, items, refused)
	}
	if err != nil {
		return err
	}
	for _, l := range letters {
		a.tell(l)
	}
	return nil
}

// publishRest publishes items once, and gives those that have to be tried again, with the reason. Those refused for good are noted.
func (a *App) publishRest(ctx context.Context, items []*outboxItem, refused map[*outboxItem]error) (rest []*outboxItem, err error) {
	if len(items) == 0 {
		return nil, nil
	}
	records := make([]Record, len(items))
	for i, item := range items {
		records[i] = item.Record
	}
	_, err = a.config.Driver.Publish(ctx, records)
	if err == nil {
		return nil, nil
	}
	reason := func(int) error { return err }
	if some := (*PublishError)(nil); errors.As(err, &some) {
		reason = func(i int) error { return some.Errs[i] }
	}
	for i, item := range items {
		switch why := reason(i); {
		case why == nil:
		case errors.Is(why, ErrPermanent):
			refused[item] = why
		default:
			rest = append(rest, item)
		}
	}
	if len(rest) == 0 {
		return nil, nil
	}
	// The reason of one that is tried again: insist must not take another's for it.
	for i, item := range items {
		if item == rest[0] {
			err = reason(i)
		}
	}
	return rest, err
}

func (i *outboxItem) letter(err error) DeadLetter {
	return DeadLetter{Position: i.Position, ID: i.ID, Type: i.Type, Author: i.Author, Stage: StageEmit, Set: i.Set,
		Error: errorText(err), Attempts: 1, Time: now(), Record: i.Record, Ordinal: i.Ordinal}
}
