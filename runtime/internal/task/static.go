package task

import (
	"context"

	"github.com/brookgen/brookgen/runtime/internal/txn"
)

// RemoveSome removes a batch of rows in one commit, and reports whether there may be more. The caller holds the gate.
func (l *Task) RemoveSome(ctx context.Context, slot int) (more bool, err error) {
	defer l.Forget()
	l.Begin(ctx)
	n := 0
	for row, err := range l.set.Reader.Scan(ctx, l.Tx.Table(slot), nil, nil) {
		if err != nil {
			return false, err
		}
		if n++; n > l.set.Config.BatchSize {
			more = true
			break
		}
		l.Tx.Remove(slot, row)
	}
	if err := l.Tx.Release(); err != nil {
		return false, err
	}
	return more, l.CommitOnce(ctx)
}

// Begin makes the lane's transaction ready for changes that no event makes.
func (l *Task) Begin(ctx context.Context) {
	l.Tx.Begin(txn.Event{Ctx: ctx})
}
