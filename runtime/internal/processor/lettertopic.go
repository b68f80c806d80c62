package processor

import (
	"context"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/parked"
	"github.com/brookgen/brookgen/runtime/internal/stream"
)

// publishLetters takes into the batch, to be published to Config.DeadLetterTopic, its letters from
// the n-th on, which are of one event. Those that only wait are not, nor those of what was
// published already, or what a silent event left.
func (x *Processor) publishLetters(p *Partition, d *delivery.Delivery, n int) {
	if x.parts.Config.DeadLetterTopic == "" || n == len(x.Batch.Letters) {
		return
	}
	if x.actor == nil || p == nil || !x.actor.Acts(x, p, d) {
		return
	}
	for i := n; i < len(x.Batch.Letters); i++ {
		l := &x.Batch.Letters[i]
		if l.Stage == brook.StageEmit || !failsFirst(d, l.Attempts) ||
			l.Set != "" && !d.Owing(l.Set) {
			continue
		}
		number := int64(0)
		if x.Numbers {
			number = x.NextNumber()
		}
		item := x.parts.Publisher.LetterItem(
			d.Ctx, l, LetterID(x.source(), l), x.parts.Emissions.Sets, number)
		if w := d.Woken; w != nil {
			item.By = w.By
		}
		x.Batch.Items = append(x.Batch.Items, item)
	}
}

// failsFirst reports whether a letter with so many attempts is the first of its event that is no
// letter which only waits: what is redriven in vain was published when it failed.
func failsFirst(d *delivery.Delivery, attempts int) bool {
	before := d.Letter
	return attempts > 0 &&
		(before == nil || before.Attempts == 0 || before.Stage == brook.StageEarly)
}

// fails reports whether the event is to have a letter that publishLetters publishes.
func (x *Processor) fails(d *delivery.Delivery) bool {
	if x.parts.Config.DeadLetterTopic == "" {
		return false
	}
	for i := range d.Results {
		if r := &d.Results[i]; r.Err != nil && !r.Parks && !r.Waits {
			return true
		}
	}
	return d.DecodeErr != nil
}

// NextNumber returns a number of the numbered stream for what is no emission.
func (x *Processor) NextNumber() int64 {
	x.Batch.Numbered = true
	n := x.parts.Emissions.Numbers
	number := n.Next
	n.Next++
	return number
}

// PublishOverdue takes into the batch, to be published to Config.DeadLetterTopic, the letter that
// reports a parked event of p, by the place of what is folded next there: the group may have passed
// that of the event long ago.
func (x *Processor) PublishOverdue(ctx context.Context, p *Partition, e *parked.Event, at brook.Position) {
	if x.parts.Config.DeadLetterTopic == "" || at.Offset < p.Silent {
		return
	}
	l := &e.Letter
	item := x.parts.Publisher.LetterItem(
		ctx, l, LetterID(p.Source(), l), x.parts.Emissions.Sets, 0)
	item.By = at
	x.Batch.Items = append(x.Batch.Items, item)
}

// LetterID returns the ID by which a letter is known in Config.DeadLetterTopic. source is what the
// IDs of its partition begin with.
func LetterID(source string, l *deadletter.Letter) string {
	if l.Stage == brook.StageJob {
		return "letter/" + l.ID
	}
	cause := brook.Message{ID: l.ID}
	return "letter/" + stream.EmissionID(source, &cause, l.Position, l.Set, 0) + "/" + l.Stage
}
