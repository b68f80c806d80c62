package engine

import (
	"context"
	"iter"

	brook "github.com/brookgen/brookgen/runtime"
)

// DeadLetters returns all dead letters in log order: by topic, partition, offset. An error is the
// last element: what a read failed with, or [brook.ErrClosed]. It is safe for concurrent use.
func (a *App) DeadLetters() iter.Seq2[brook.DeadLetter, error] {
	return a.letters.All(a.life.Context())
}

// Redrive tries dead letters again, in log order, those that filter accepts (nil: all), and returns
// how many were applied. Per handler set and key it takes the longest run of letters that the
// filter accepts and stops at the first one that fails again, whose attempts go up. Letters of
// stage emit go back to be published. It runs between the batches of Run, or by itself if nothing
// runs.
//
// What a letter does not hold (see [brook.DeadLetter.Omitted]) is read from the log again; if the
// log has it no more, the letter stays, and hooks and log report that. If several instances each
// fold all partitions, each has letters of its own, and what a redriven event emits is published by
// each instance that redrives it: twice if two do.
//
// What was applied before an error stays so. A read that fails ends it; a commit that the store
// refuses is tried again until ctx ends or the app is closed: the error then wraps that of ctx or
// [brook.ErrClosed], and the store's last one. It is safe for concurrent use.
func (a *App) Redrive(ctx context.Context, filter func(brook.DeadLetter) bool) (n int, err error) {
	return a.letters.Redrive(ctx, filter)
}

// Drop removes dead letters, those that filter accepts (nil: all), and returns how many. A rebuild
// drops them too: the event stays undone for that set. What waited behind them stays a dead letter
// until it is redriven or dropped too; events yet to come wait no longer. It tries again and ends
// as [App.Redrive] does, and is safe for concurrent use.
func (a *App) Drop(ctx context.Context, filter func(brook.DeadLetter) bool) (n int, err error) {
	return a.letters.Drop(ctx, filter)
}
