package processor

import (
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/publisher"
)

// Stage takes the emissions and effects of an event into the batch, except those of sets that acted
// on it before.
func (x *Processor) Stage(d *delivery.Delivery) {
	for i := range d.Emissions {
		if !d.Owing(x.parts.Def.Sets[d.Emissions[i].Set]) {
			continue
		}
		if item := x.item(d, &d.Emissions[i]); item != nil {
			x.Batch.Items = append(x.Batch.Items, item)
		}
	}
	for _, e := range d.Effects {
		if !d.Owing(e.Set) {
			continue
		}
		effect := outbox.Effect{Position: d.Place(), Set: e.Set, Run: e.Run}
		x.Batch.Effects = append(x.Batch.Effects, effect)
	}
}

// Owe takes the emissions of an event into the batch of a rebuild: those of sets that never acted
// on it.
func (x *Processor) Owe(d *delivery.Delivery, aside deadletter.SetAside) {
	for i := range d.Emissions {
		if !aside.Owed(d.Position, x.parts.Def.Sets[d.Emissions[i].Set]) {
			continue
		}
		if item := x.item(d, &d.Emissions[i]); item != nil {
			item.By = brook.Position{} // it is published after the promotion
			x.Batch.Owed = append(x.Batch.Owed, item)
		}
	}
}

// item returns the outbox entry of an emission. If the envelope refuses it, item returns nil, and
// the emission becomes a dead letter of its own.
func (x *Processor) item(d *delivery.Delivery, e *delivery.Emission) *outbox.Item {
	k := x.parts.Emissions
	var number func(*brook.Message) int64
	if x.Numbers {
		number = x.number
	}
	source := k.Stem()
	if x.partition != nil {
		source = x.partition.Source()
	}
	item, err := k.Item(d, e, source, number)
	switch {
	case err == nil:
		return item
	case x.partition == nil: // of Process: it counts for no partition
		x.Batch.Letters = append(x.Batch.Letters, publisher.LetterOf(item, err))
	default:
		x.Park(x.partition, publisher.LetterOf(item, err))
	}
	return nil
}

// number makes a message the next one of the numbered stream, and returns its number.
func (x *Processor) number(m *brook.Message) int64 {
	x.Batch.Numbered = true
	return x.parts.Emissions.Number(m)
}

// Renumber makes an emission that has a record the next one of the numbered stream. The error wraps
// emission.ErrNoRecord if that can't be.
func (x *Processor) Renumber(item *outbox.Item) error {
	return x.parts.Emissions.Renumber(item, x.number)
}
