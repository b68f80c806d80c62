package emission

import (
	"context"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/jobs"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/stream"
)

// Job returns the job that a delivered event asks for; source is that of its partition. free says
// that it does not come in the order of that partition.
func (k *Maker) Job(d *delivery.Delivery, r *delivery.Emission, source string, free bool) *jobs.Job {
	set := k.Sets[r.Set]
	j := &jobs.Job{
		Position: d.Position, Cause: d.Message.ID, Author: k.Config.Author,
		ID:   jobs.ID(stream.EmissionID(source, &d.Message, d.Position, set, r.Ordinal)),
		Type: r.Out.Message.Type, Set: set, Ordinal: r.Ordinal, Key: r.Out.Key,
		Time: d.Message.Time, Headers: d.Trace(nil, r.Set), Data: r.Out.Message.Data,
		Version: r.Out.Message.Version, Free: free || d.Position.IsZero(),
	}
	if w := d.Woken; w != nil {
		j.By, j.Free = w.By, w.Free
	}
	j.Place = jobs.PlaceOf(j, r.Set)
	return j
}

// Answer returns the outbox entry of the ordinal-th event that the worker of that name publishes
// for a job which is done; within is the context of its operation, nil if nobody sees it. It is the next one of the numbered stream: the caller holds the quiesce
// lock, and called Open. If the envelope refuses the event, Answer returns an error, and the entry
// without a record.
func (k *Maker) Answer(
	ctx, within context.Context, j *jobs.Job, worker string, out *brook.Outbound, ordinal int,
) (*outbox.Item, error) {
	m := &out.Message
	m.Author, m.Cause, m.Time = k.Config.Author, j.Cause, k.now()
	m.Headers = stream.Trace(m.Headers, j.Headers)
	done := brook.Message{ID: j.ID}
	m.ID = stream.EmissionID(k.Stem(), &done, brook.Position{}, worker, ordinal)
	n := k.Number(m)
	set := slices.Index(k.Sets, j.Set)
	item := &outbox.Item{
		Free: true, Position: j.Position, Author: j.Author, Type: m.Type, ID: j.ID, Set: worker,
		// Several jobs of one event may have one worker.
		Ordinal: (set+1)<<24 | j.Ordinal<<12 | ordinal,
	}
	item.Key = outbox.ItemKey(j.Position, j.ID, n, -1, item.Ordinal)
	if err := k.emit(within, nil, item, out); err != nil {
		return item, err
	}
	k.Publisher.Destinations.Choose(ctx, &item.Record, m.ID)
	return item, nil
}
