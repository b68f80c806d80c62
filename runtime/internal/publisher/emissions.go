package publisher

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// Load fills the outbox with stored emissions that it does not have and that were caused in
// partitions that are wanted: earlier runs did not get to publish them.
func (p *Publisher) Load(ctx context.Context, wanted func(partition.ID) bool) error {
	loaded := p.Outbox.Keys()
	for item, err := range p.emissions(ctx) {
		if err != nil {
			return err
		}
		leased := item.Free && p.Catalog.Fenced()
		if wanted(partition.Of(item.Position)) && !loaded[string(item.Key)] && !leased {
			p.Outbox.Load(item)
		}
	}
	return nil
}

// emissions returns the emissions that the store has, in the order of their keys. An error is
// yielded last.
func (p *Publisher) emissions(ctx context.Context) iter.Seq2[*outbox.Item, error] {
	return func(yield func(*outbox.Item, error) bool) {
		for row, err := range p.Reader.Scan(ctx, p.OutboxTable, nil, nil) {
			if err != nil {
				yield(nil, err)
				return
			}
			item, err := outbox.DecodeItem(row)
			if err != nil {
				yield(nil, err)
				return
			}
			item.Free = item.Number() != 0 || item.Position.IsZero()
			if !yield(item, nil) {
				return
			}
		}
	}
}

// Collect brings into the outbox what other processes left in the store to be published, in the
// order of commits, if this process holds the lease. Else it counts what waits, because tasks stand
// still if that is too much. A store that fails is asked again a beat later; Collect returns only
// errors that wrap ErrPermanent.
func (p *Publisher) Collect(ctx context.Context) error {
	want, holder, group := p.Outbox.Lease.Collecting(time.Now())
	if !want {
		return nil
	}
	switch err := p.collect(ctx, holder, group); {
	case err == nil:
		p.collecting.Succeeded()
	case errors.Is(err, brook.ErrPermanent):
		return fmt.Errorf("brook: collect what was emitted: %w", err)
	case ctx.Err() == nil:
		p.collecting.Note(brook.Failure{What: "collecting emissions", Err: err})
	}
	return nil
}

func (p *Publisher) collect(ctx context.Context, holder, group bool) error {
	if err := p.Catalog.Current.Confirm(ctx); err != nil {
		return err
	}
	// Positions are read before emissions: no emission of what is below them is missing then.
	standings, err := p.Catalog.Live().Standings(ctx, p.Reader)
	if err != nil {
		return err
	}
	numbers := &Sequence{}
	v, err := p.Reader.Get(ctx, p.Sending, SequenceKey)
	if err == nil {
		numbers, err = DecodeSequence(v.Data.([]byte))
	}
	if err != nil && !errors.Is(err, brook.ErrNotFound) {
		return err
	}
	var items []*outbox.Item
	for item, err := range p.emissions(ctx) {
		if err != nil {
			return err
		}
		id := partition.Of(item.Position)
		n := item.Number()
		s, known := standings[id]
		switch {
		case n != 0 && n < outbox.EarlierNumbers && n >= numbers.Next: // committed since
		case !item.Free && group: // the owner of the partition publishes it
		case !item.Free && known && item.Position.Offset >= s.Next: // committed since
		case !item.Free && !known && p.Code.Reads(id.Topic): // committed since
		default:
			items = append(items, item)
		}
	}
	p.Outbox.Lease.Gathered(items, standings, holder, p.KeepsCheckpoints())
	p.On.Wake()
	return nil
}
