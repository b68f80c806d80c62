package publisher

import (
	"context"
	"errors"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// removeAll removes from the store what was published, and stores dead letters of what was refused.
func (p *Publisher) removeAll(
	ctx context.Context, items []*outbox.Item, refused map[*outbox.Item]error,
) error {
	if !p.Catalog.Fenced() {
		return p.remove(ctx, items, refused)
	}
	var leased, own []*outbox.Item // the latter are caused in partitions that the app owns
	for _, item := range items {
		if p.leases(item) {
			leased = append(leased, item)
		} else {
			own = append(own, item)
		}
	}
	return errors.Join(p.remove(ctx, own, refused), p.remove(ctx, leased, refused))
}

// remove is removeAll for items that are all published by the holder of the lease, or none.
func (p *Publisher) remove(
	ctx context.Context, items []*outbox.Item, refused map[*outbox.Item]error,
) error {
	if len(items) == 0 {
		return nil
	}
	leased := p.leases(items[0])
	batch := brook.Batch{ID: p.Ids.Batch()}
	var letters []deadletter.Letter
	err := p.Retry.DoApart(ctx, "commit", func() (err error) {
		letters, err = p.commitRemoval(ctx, &batch, items, refused, leased)
		return err
	})
	if half := len(items) / 2; errors.Is(err, brook.ErrTooLarge) && half > 0 {
		return errors.Join(
			p.remove(ctx, items[:half], refused), p.remove(ctx, items[half:], refused))
	}
	if errors.Is(err, brook.ErrConflict) {
		if leased {
			if held, lerr := p.Lease.confirm(ctx); lerr != nil || !held {
				return lerr // the new holder publishes them again, and receivers know repeats
			}
		}
		err := p.Retry.Do(ctx, "reload", func() error { return p.Catalog.Reload(ctx) })
		if err != nil {
			return err
		}
		return p.remove(ctx, items, refused)
	}
	if err != nil {
		p.On.Doubt(err) // letters that may be stored are not counted yet
		return err
	}
	for _, l := range letters {
		p.Report.DeadLetter(l.DeadLetter, l.Stack)
	}
	for _, item := range items {
		if err := refused[item]; err != nil && item.Letter {
			p.Report.Failure(brook.Failure{
				What: "publish a dead letter to Config.DeadLetterTopic", Position: item.Position,
				Attempts: 1, Err: err, Final: true,
			})
		}
	}
	return nil
}

// commitRemoval removes items from the store in one commit with the dead letters of those that
// were refused, which it returns. It fills the batch, whose ID is the same in each try.
func (p *Publisher) commitRemoval(
	ctx context.Context, batch *brook.Batch, items []*outbox.Item,
	refused map[*outbox.Item]error, leased bool,
) (letters []deadletter.Letter, err error) {
	v, err := p.Lock.RLock(ctx) // until it is committed no rebuild switches the letters' table
	if err != nil {
		return nil, err
	}
	defer p.Lock.Leave(v)
	batch.Writes, batch.Checks = batch.Writes[:0], nil
	for _, item := range items {
		remove := brook.Write{Table: p.OutboxTable, Key: item.Key, Op: brook.Remove}
		batch.Writes = append(batch.Writes, remove)
		if err := refused[item]; err != nil && !item.Letter {
			l := LetterOf(item, err)
			letters = append(letters, l)
			batch.Writes = append(batch.Writes, l.Write(p.Catalog.Live().Letters))
		}
	}
	if p.Catalog.Fenced() && len(letters) > 0 {
		batch.Checks = append(batch.Checks, p.Catalog.Unchanged())
		if err := p.bumpEpochs(ctx, letters, batch); err != nil {
			return nil, err
		}
	}
	if leased {
		batch.Checks = append(batch.Checks, p.Lease.check())
	}
	if err := p.Store.Commit(ctx, batch); err != nil {
		return nil, err
	}
	for i := range letters {
		p.On.Refused(partition.Of(letters[i].Position))
	}
	return letters, nil
}

// bumpEpochs bumps the epochs of the partitions of letters in a batch, so that no promotion that
// carries letters over comes in between.
func (p *Publisher) bumpEpochs(
	ctx context.Context, letters []deadletter.Letter, batch *brook.Batch,
) error {
	bumped := map[partition.ID]bool{}
	for i := range letters {
		id := partition.Of(letters[i].Position)
		if bumped[id] {
			continue
		}
		bumped[id] = true
		writes, checks, err := p.Catalog.BumpEpoch(ctx, id)
		if err != nil {
			return err
		}
		batch.Writes = append(batch.Writes, writes...)
		batch.Checks = append(batch.Checks, checks...)
	}
	return nil
}

// LetterOf returns the dead letter of an emission that is refused with err.
func LetterOf(i *outbox.Item, err error) deadletter.Letter {
	return deadletter.Letter{DeadLetter: brook.DeadLetter{
		Position: i.Position, ID: i.ID, Type: i.Type, Author: i.Author,
		Stage: brook.StageEmit, Set: i.Set, Error: deadletter.ErrorText(err), Attempts: 1,
		Time: time.Now().UTC(), Record: i.Record, Ordinal: i.Ordinal,
	}}
}
