package publisher

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// Run publishes emissions until stop is closed and nothing is left but what was tried in vain, or ctx ends.
func (p *Publisher) Run(ctx context.Context, stop <-chan struct{}) error {
	ending := false
	for {
		if err := p.On.Adopt(ctx); err != nil && ctx.Err() == nil {
			return fmt.Errorf("brook: take over what was emitted: %w", err)
		}
		p.Collect(ctx)
		tried, err := p.PublishOnce(ctx, ending)
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("brook: publish what was emitted: %w", err)
		}
		if ctx.Err() != nil {
			return nil // what is left stays in the store
		}
		wait, err := p.Checkpoint(ctx, ending, 0)
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("brook: mark how far the app acted: %w", err)
		}
		if ending && p.Outbox.Queued() == 0 {
			return nil
		}
		if tried && p.Outbox.Queued() > 0 {
			continue
		}
		for _, d := range []time.Duration{p.Outbox.Next(), p.Outbox.UntilLook(time.Now())} {
			if d > 0 && (wait == 0 || d < wait) {
				wait = d
			}
		}
		if ending, err = p.pause(ctx, stop, wait); err != nil {
			return nil
		}
	}
}

// pause waits until there is something to publish, for a time where it is not 0, until stop is closed, which it reports, or
// ctx ends.
func (p *Publisher) pause(ctx context.Context, stop <-chan struct{}, wait time.Duration) (stopped bool, err error) {
	var timer <-chan time.Time
	if wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-p.Outbox.Wake():
	case <-timer:
	case <-stop:
		return true, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
	return false, nil
}

// PublishOnce tries once what there is to publish, all of it where all says so, and removes from the store what was published. What failed waits
// for another try, and with it what goes to the same partition. It reports whether there was anything.
func (p *Publisher) PublishOnce(ctx context.Context, all bool) (any bool, err error) {
	batch := p.Outbox.Take(time.Now(), all)
	if len(batch) == 0 {
		return false, nil
	}
	failed, refused := map[*outbox.Item]error{}, map[*outbox.Item]error{}
	p.publishItems(ctx, p.placed(ctx, batch, failed), failed, refused)
	var settled []*outbox.Item
	for _, item := range batch {
		if failed[item] == nil && !item.IsCheckpoint() {
			settled = append(settled, item)
		}
	}
	err = p.settleAll(ctx, settled, refused)
	failing, mended := p.Outbox.Land(failed, p.Config.Retry)
	p.tellWays(failing, mended)
	p.On.Wake()
	return true, err
}

// publishItems publishes items once, but those behind one that failed, and notes those that are to be tried again, and those refused for good.
func (p *Publisher) publishItems(ctx context.Context, items []*outbox.Item, failed, refused map[*outbox.Item]error) {
	var tried []*outbox.Item
	var records []brook.Record
	behind := map[string]error{}
	for _, item := range items {
		if failed[item] != nil {
			behind[item.Target()] = failed[item]
			continue
		}
		err := cmp.Or(behind[item.Target()], behind[item.Record.Topic])
		if w := p.Outbox.Blocked(item); err == nil && w {
			err = errBehind
		}
		if err != nil {
			failed[item] = err
			continue
		}
		tried, records = append(tried, item), append(records, item.Record)
	}
	if len(tried) == 0 {
		return
	}
	_, err := p.Config.Driver.Publish(ctx, records)
	if err == nil {
		return
	}
	reason := func(int) error { return err }
	if some := (*brook.PublishError)(nil); errors.As(err, &some) {
		reason = func(i int) error { return some.Errs[i] }
	}
	for i, item := range tried {
		switch why := reason(i); {
		case why == nil:
		case errors.Is(why, brook.ErrPermanent):
			refused[item] = why
		case errors.Is(why, brook.ErrOutOfRange) && item.Record.Placed: // the topic was made anew, with fewer partitions
			item.Record.Placed, item.Record.Partition = false, 0
			failed[item] = why
		default:
			failed[item] = why
		}
	}
}

// errBehind is why an emission is not tried that goes where others wait.
var errBehind = errors.New("it waits behind others")

// tellWays tells what could not be published, once for each topic, and what can be again.
func (p *Publisher) tellWays(failing, mended []*outbox.Destination) {
	told := map[string]bool{}
	for _, w := range failing {
		if !told[w.Topic] {
			told[w.Topic] = true
			p.Report.Failure(brook.Failure{What: "publish", Attempts: w.Tries, Err: fmt.Errorf("topic %s: %w", w.Topic, w.Err)})
		}
	}
	for _, w := range mended {
		if !told[w.Topic] {
			told[w.Topic] = true
			p.Report.Recovered("publish", w.Tries, brook.Position{})
		}
	}
}

// settleAll removes from the store what was published, and makes letters of what was refused.
func (p *Publisher) settleAll(ctx context.Context, items []*outbox.Item, refused map[*outbox.Item]error) error {
	if !p.Catalog.Fenced() {
		return p.settleItems(ctx, items, refused)
	}
	var held, own []*outbox.Item // by the lease, and by the app's own share
	for _, item := range items {
		if p.leases(item) {
			held = append(held, item)
		} else {
			own = append(own, item)
		}
	}
	return errors.Join(p.settleItems(ctx, own, refused), p.settleItems(ctx, held, refused))
}

func (p *Publisher) settleItems(ctx context.Context, items []*outbox.Item, refused map[*outbox.Item]error) error {
	if len(items) == 0 {
		return nil
	}
	leased := p.leases(items[0])
	var letters []deadletter.Letter
	batch := brook.Batch{ID: p.Ids.Batch()}
	err := p.Retry.Do(ctx, "commit", func() error {
		v, err := p.Gate.RLock(ctx) // until it is committed no rebuild switches the letters' table
		if err != nil {
			return err
		}
		defer p.Gate.Leave(v)
		letters, batch.Writes, batch.Checks = letters[:0], batch.Writes[:0], nil
		for _, item := range items {
			batch.Writes = append(batch.Writes, brook.Write{Table: p.OutboxTable, Key: item.Key, Op: brook.Remove})
			if err := refused[item]; err != nil {
				l := LetterOf(item, err)
				letters = append(letters, l)
				batch.Writes = append(batch.Writes, l.Write(p.Catalog.Live.Load().Letters))
			}
		}
		if p.Catalog.Fenced() && len(letters) > 0 {
			batch.Checks = append(batch.Checks, p.Catalog.Unchanged())
			if err := p.raiseFor(ctx, letters, &batch); err != nil {
				return err
			}
		}
		if leased {
			batch.Checks = append(batch.Checks, p.Lease.check(p.Sending))
		}
		err = p.Store.Commit(ctx, &batch)
		if err == nil {
			for i := range letters {
				p.On.Refused(partition.Of(letters[i].Position))
			}
		}
		return err
	})
	if half := len(items) / 2; errors.Is(err, brook.ErrTooLarge) && half > 0 {
		return errors.Join(p.settleItems(ctx, items[:half], refused), p.settleItems(ctx, items[half:], refused))
	}
	if errors.Is(err, brook.ErrConflict) {
		if leased {
			if held, lerr := p.Lease.still(ctx, p); lerr != nil || !held {
				return lerr // who took over publishes them, and receivers know repeats
			}
		}
		if err := p.Retry.Do(ctx, "reload", func() error { return p.Catalog.Reload(ctx) }); err != nil {
			return err
		}
		return p.settleItems(ctx, items, refused)
	}
	if err != nil {
		p.On.Doubt(err) // letters that are stored, perhaps, are counted nowhere yet
		return err
	}
	for _, l := range letters {
		p.Report.DeadLetter(l.DeadLetter, l.Stack)
	}
	return nil
}

// raiseFor raises the epochs of the partitions of letters, so that no promotion that carries letters over comes between.
func (p *Publisher) raiseFor(ctx context.Context, letters []deadletter.Letter, batch *brook.Batch) error {
	raised := map[partition.ID]bool{}
	for i := range letters {
		id := partition.Of(letters[i].Position)
		if raised[id] {
			continue
		}
		raised[id] = true
		writes, checks, err := p.Catalog.BumpEpoch(ctx, id)
		if err != nil {
			return err
		}
		batch.Writes, batch.Checks = append(batch.Writes, writes...), append(batch.Checks, checks...)
	}
	return nil
}

// LetterOf makes the dead letter of an emission that is refused.
func LetterOf(i *outbox.Item, err error) deadletter.Letter {
	return deadletter.Letter{DeadLetter: brook.DeadLetter{Position: i.Position, ID: i.ID, Type: i.Type, Author: i.Author, Stage: brook.StageEmit, Set: i.Set,
		Error: deadletter.ErrorText(err), Attempts: 1, Time: time.Now().UTC(), Record: i.Record, Ordinal: i.Ordinal}}
}
