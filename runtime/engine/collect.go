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
func (a *App) collect(ctx context.Context) {
	want, holder, group := a.outbox.Collecting(time.Now())
	if !want {
		return
	}
	if err := a.gather(ctx, holder, group); err != nil && ctx.Err() == nil {
		a.report.Failure(brook.Failure{What: "collecting emissions", Attempts: 1, Err: err}) // and again a beat later
	}
}

func (a *App) gather(ctx context.Context, holder, group bool) error {
	if err := a.catalog.Confirm(ctx); err != nil {
		return err
	}
	// How far others came is read before what they left: of that nothing is missing.
	standings, err := a.catalog.Standings(ctx, a.reader, a.catalog.Live.Load())
	if err != nil {
		return err
	}
	counted := numbers{}
	v, err := a.reader.Get(ctx, a.sending, numbersKey)
	if err == nil {
		err = json.Unmarshal(v.Data.([]byte), &counted)
	}
	if err != nil && !errors.Is(err, brook.ErrNotFound) {
		return err
	}
	var items []*outbox.Item
	for item, err := range a.storedItems(ctx) {
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
		case !item.Free && !known && a.code.Reads(id.Topic):
		default:
			items = append(items, item)
		}
	}
	a.outbox.Gathered(items, standings, holder, a.marking())
	a.on.wake()
	return nil
}
