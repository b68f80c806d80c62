package publisher

import (
	"context"
	"errors"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// Collect brings into the outbox what other processes left in the store to be published, where this one holds the lease: in the order in which
// it was committed. Elsewhere it counts what waits, for lanes that stand still when it is too much.
func (p *Publisher) Collect(ctx context.Context) {
	want, holder, group := p.Outbox.Collecting(time.Now())
	if !want {
		return
	}
	if err := p.gather(ctx, holder, group); err != nil && ctx.Err() == nil {
		p.Report.Failure(brook.Failure{What: "collecting emissions", Attempts: 1, Err: err}) // and again a beat later
	}
}

func (p *Publisher) gather(ctx context.Context, holder, group bool) error {
	if err := p.Catalog.Confirm(ctx); err != nil {
		return err
	}
	// How far others came is read before what they left: of that nothing is missing.
	standings, err := p.Catalog.Standings(ctx, p.Reader, p.Catalog.Live.Load())
	if err != nil {
		return err
	}
	counted := &Numbers{}
	v, err := p.Reader.Get(ctx, p.Sending, NumbersKey)
	if err == nil {
		counted, err = DecodeNumbers(v.Data.([]byte))
	}
	if err != nil && !errors.Is(err, brook.ErrNotFound) {
		return err
	}
	var items []*outbox.Item
	for item, err := range p.storedItems(ctx) {
		if err != nil {
			return err
		}
		id := partition.Of(item.Position)
		n := item.Number()
		s, known := standings[id]
		switch {
		case n != 0 && n < outbox.EarlierNumbers && n >= counted.Next: // committed since
		case !item.Free && group: // published by who has the partition
		case !item.Free && known && item.Position.Offset >= s.Next:
		case !item.Free && !known && p.Code.Reads(id.Topic):
		default:
			items = append(items, item)
		}
	}
	p.Outbox.Gathered(items, standings, holder, p.Marking())
	p.On.Wake()
	return nil
}
