package processor

import (
	"bytes"
	"errors"
	"slices"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/batch"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
)

// accept takes into the batch what became of an event: letters, emissions and effects. Its changes
// stay in the transaction.
func (x *Processor) accept(p *Partition, d *delivery.Delivery) {
	letters := len(x.Batch.Letters)
	defer func() { x.publishLetters(p, d, letters) }()
	if d.DecodeErr != nil {
		x.Tx.Revert()
		var key []byte
		if d.Message.Keyed {
			key = bytes.Clone(d.Record.Key)
		}
		if d.Letter != nil {
			key = d.Letter.Key
		}
		// The letter of one set stays that set's: the others took the event before.
		x.Park(p, letter(d, d.Only, brook.StageDecode, d.DecodeErr, p.Attempts+1, key))
		return
	}
	switch {
	case !d.Known:
		unknown := batch.Unknown{Position: d.Position, Type: d.Message.Type}
		x.Batch.Unknown = append(x.Batch.Unknown, unknown)
	case d.Lapsed:
		x.Batch.Lapsed++
	case !d.Handled:
		x.Batch.Discarded++
	}
	x.tally.count(x.Batch, d)
	for i := range d.Results {
		r := &d.Results[i]
		if r.Err == nil {
			continue
		}
		attempts := p.Attempts + 1
		if r.Parks {
			x.park(d, r, attempts)
			continue
		}
		if r.Waits {
			attempts = 0
		}
		x.Park(p, letter(d, r.Set, r.Stage, r.Err, attempts, keyText(x.parts.Code, d)))
	}
	x.wake(x.by(p, d))
	x.Tx.Accept()
	if len(d.Emissions)+len(d.Requests)+len(d.Effects) > 0 {
		x.target.Stage(x, p, d)
	}
}

// Park takes a letter into the batch, and blocks its key.
func (x *Processor) Park(p *Partition, letter deadletter.Letter) {
	x.target.Silence(&letter)
	x.Batch.Letters = append(x.Batch.Letters, letter)
	p.Block(&letter)
}

// letter returns the dead letter of an event that failed in a set, or in all sets if set is "". key
// is the key that it blocks, as text.
func letter(
	d *delivery.Delivery, set, stage string, err error, attempts int, key []byte,
) deadletter.Letter {
	if errors.Is(err, brook.ErrTooLarge) {
		stage = brook.StageApply
	}
	var stack []byte
	if p := (*brook.PanicError)(nil); errors.As(err, &p) {
		stack = p.Stack
	}
	m := &d.Message
	return deadletter.Letter{Stack: stack, Owes: d.Owed(set), DeadLetter: brook.DeadLetter{
		Position: d.Position, ID: m.ID, Type: m.Type, Author: m.Author,
		Stage: stage, Set: set, Error: deadletter.ErrorText(err), Attempts: attempts,
		Time: time.Now().UTC(), Key: key, Record: copied(d.Record),
		Silent: d.Silent && (set == "" || !d.Owing(set)),
	}}
}

// copied returns a copy of a record that shares no bytes with it: letters outlive the chunk that
// their record came in.
func copied(r *brook.Record) brook.Record {
	c := *r
	c.Key, c.Value, c.Headers = bytes.Clone(r.Key), bytes.Clone(r.Value), slices.Clone(r.Headers)
	for i := range c.Headers {
		c.Headers[i].Value = bytes.Clone(c.Headers[i].Value)
	}
	return c
}
