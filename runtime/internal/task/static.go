package task

import (
	"context"

	"github.com/brookgen/brookgen/runtime/internal/txn"
)

// RemoveSome removes a batch of rows in one commit, and reports whether there may be more. The caller holds the gate.
func (t *Task) RemoveSome(ctx context.Context, slot int) (more bool, err error) {
	defer t.Forget()
	t.Begin(ctx)
	n := 0
	for row, err := range t.set.Reader.Scan(ctx, t.Tx.Table(slot), nil, nil) {
		if err != nil {
			return false, err
		}
		if n++; n > t.set.Config.BatchSize {
			more = true
			break
		}
		t.Tx.Remove(slot, row)
	}
	if err := t.Tx.Release(); err != nil {
		return false, err
	}
	return more, t.CommitOnce(ctx)
}

// Begin makes the lane's transaction ready for changes that no event makes.
func (t *Task) Begin(ctx context.Context) {
	t.Tx.Begin(txn.Event{Ctx: ctx})
}
