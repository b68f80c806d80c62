package processor

import (
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/jobs"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/publisher"
)

// Stage takes the emissions, jobs and effects of an event into the batch, except those of sets that acted
// on it before.
func (x *Processor) Stage(d *delivery.Delivery) {
	for i := range d.Emissions {
		e := &d.Emissions[i]
		if !d.Owing(x.parts.Def.Sets[e.Set]) || e.Failed && lettered(d) {
			continue // it acted before, or was published when the letter was made
		}
		if item := x.item(d, e); item != nil {
			x.Batch.Items = append(x.Batch.Items, item)
		}
	}
	for i := range d.Requests {
		if d.Owing(x.parts.Def.Sets[d.Requests[i].Set]) {
			x.Batch.Jobs = append(x.Batch.Jobs, x.job(d, &d.Requests[i]))
		}
	}
	for _, e := range d.Effects {
		if !d.Owing(e.Set) {
			continue
		}
		effect := outbox.Effect{Position: d.Place(), Set: e.Set, Run: e.Run}
		if d.Observed() {
			effect.Headers = d.Trace(nil, slices.Index(x.parts.Def.Sets, e.Set))
		}
		x.Batch.Effects = append(x.Batch.Effects, effect)
	}
}

// Owe takes the emissions and jobs of an event into the batch of a rebuild: those of sets that never
// acted on it.
func (x *Processor) Owe(d *delivery.Delivery, aside deadletter.SetAside) {
	for i := range d.Emissions {
		e := &d.Emissions[i]
		if e.Failed || !aside.Owed(d.Position, x.parts.Def.Sets[e.Set]) {
			continue
		}
		if item := x.item(d, e); item != nil {
			item.By = brook.Position{} // it is published after the promotion
			x.Batch.Owed = append(x.Batch.Owed, item)
		}
	}
	for i := range d.Requests {
		if aside.Owed(d.Position, x.parts.Def.Sets[d.Requests[i].Set]) {
			j := x.job(d, &d.Requests[i])
			j.By = brook.Position{}
			x.Batch.OwedJobs = append(x.Batch.OwedJobs, j)
		}
	}
}

// job returns the job that an event asks for.
func (x *Processor) job(d *delivery.Delivery, r *delivery.Emission) *jobs.Job {
	return x.parts.Emissions.Job(d, r, x.source(), x.Numbers)
}

// source returns what the streams and IDs begin with of what the event causes.
func (x *Processor) source() string {
	if x.partition != nil {
		return x.partition.Source()
	}
	return x.parts.Emissions.Stem()
}

// item returns the outbox entry of an emission. If the envelope refuses it, item returns nil, and
// the emission becomes a dead letter of its own.
func (x *Processor) item(d *delivery.Delivery, e *delivery.Emission) *outbox.Item {
	k := x.parts.Emissions
	var number func(*brook.Message) int64
	if x.Numbers {
		number = x.number
	}
	item, err := k.Item(d, e, x.source(), number)
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

// lettered reports whether a delivered event is a dead letter already of the set that runs: what it
// publishes because that failed was published with the letter.
func lettered(d *delivery.Delivery) bool {
	return d.Letter != nil && d.Letter.Set != "" && d.Letter.Stage != brook.StageEarly
}
