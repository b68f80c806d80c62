package processor

import (
	"context"
	"slices"

	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/txn"
)

// ProcessLetter runs a letter's event through the set that failed, or through all sets if it failed
// before any. It takes what becomes of it into the batch, which is empty before, and the letter out
// of the blocked keys. It reports whether no set failed; emissions that fail have letters of their
// own. If it returns an error, the blocked keys are as they were.
func (x *Processor) ProcessLetter(
	ctx context.Context, p *Partition, letter *deadletter.Letter,
) (applied bool, err error) {
	d := x.delivery
	record := letter.Record
	x.prepare(ctx, p, &record)
	d.Letter, d.Only, d.Silent, d.Owes = letter, letter.Set, letter.Silent, letter.Owes
	d.Unwrap(x.parts.Config.Envelope, x.parts.Bare, x.parts.Code)
	if d.Observed() {
		ctx = x.begin(p, d)
	}
	x.Tx.Begin(txn.Event{Ctx: ctx, Redriven: true})
	if d.DecodeErr == nil {
		d.Dispatch(x.Deliver)
	}
	switch {
	case d.Ctx.Err() != nil:
		x.endIf(d, Cancelled, d.Ctx.Err())
		return false, d.Ctx.Err()
	case x.Tx.StoreFault() != nil:
		x.endIf(d, StoreUnavailable, x.Tx.StoreFault())
		return false, x.Tx.StoreFault()
	}
	if d.Only != "" && d.DecodeErr == nil && len(d.Results) == 0 {
		d.Results = append(d.Results, unhandled(d))
	}
	p.Blocked.Remove(letter)
	x.crowded(p, d)
	x.accept(p, d)
	x.endIf(d, Accepted, nil)
	failed := func(l deadletter.Letter) bool { return !l.AfterCommit() }
	return !slices.ContainsFunc(x.Batch.Letters, failed) && len(x.Batch.Parked.New()) == 0, nil
}

// Unpark takes the letters of the batch out of the blocked keys of p.
func (x *Processor) Unpark(p *Partition) {
	for i := range x.Batch.Letters {
		p.Blocked.Remove(&x.Batch.Letters[i])
	}
}
