package emission

import (
	"context"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/stream"
	"github.com/brookgen/brookgen/runtime/internal/timers"
)

// Timer returns the outbox entry of the event of a timer of an event type, with the next number of
// the numbered stream. If the envelope refuses the event, Timer returns an error, and the entry
// without a record. The caller holds the quiesce lock, and called Open.
func (k *Maker) Timer(ctx context.Context, typ string, t *timers.Row) (*outbox.Item, error) {
	number := k.Numbers.Next
	k.Numbers.Next++
	out := brook.Outbound{
		Topic: k.Code.Events[k.Code.Today(typ)].Topic, Key: t.Key, Keyed: true,
		Message: brook.Message{
			ID: t.ID, Type: typ, Author: k.Config.Author, Time: t.Due, Cause: t.Cause,
			Headers: t.Headers, Data: t.Data, Version: t.Version,
		},
	}
	m := &out.Message
	stream.Sign(m, stream.OfTimers(k.Numbers.Stream), brook.Sequence{Offset: number})
	set := slices.Index(k.Sets, t.Set)
	item := &outbox.Item{
		Free: true, Position: t.Position, Author: m.Author, Type: typ, ID: t.Cause, Set: t.Set,
		Ordinal: t.Ordinal, Key: outbox.ItemKey(t.Position, t.Cause, number, set, t.Ordinal),
	}
	if err := k.emit(context.Background(), t.Headers, item, &out); err != nil {
		return item, err
	}
	k.Publisher.Destinations.Choose(ctx, &item.Record, m.ID)
	return item, nil
}
