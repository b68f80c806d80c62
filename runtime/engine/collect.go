package engine

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// collect brings into the outbox what other processes left in the store to be published, where this one holds the lease: in the order in which
// it was committed. Elsewhere it counts what waits, for lanes that stand still when it is too much.
func (p *publisher) collect(ctx context.Context) {
	want, holder, group := p.outbox.Collecting(time.Now())
	if !want {
		return
	}
	if err := p.gather(ctx, holder, group); err != nil && ctx.Err() == nil {
		p.report.Failure(brook.Failure{What: "collecting emissions", Attempts: 1, Err: err}) // and again a beat later
	}
}

func (p *publisher) gather(ctx context.Context, holder, group bool) error {
	if err := p.catalog.Confirm(ctx); err != nil {
		return err
	}
	// How far others came is read before what they left: of that nothing is missing.
	standings, err := p.catalog.Standings(ctx, p.reader, p.catalog.Live.Load())
	if err != nil {
		return err
	}
	counted := numbers{}
	v, err := p.reader.Get(ctx, p.sending, numbersKey)
	if err == nil {
		err = json.Unmarshal(v.Data.([]byte), &counted)
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
		case !item.Free && !known && p.code.Reads(id.Topic):
		default:
			items = append(items, item)
		}
	}
	p.outbox.Gathered(items, standings, holder, p.marking())
	p.on.wake()
	return nil
}
