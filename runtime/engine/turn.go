package engine

import "context"

// turn is a lock that can be waited for with a limit.
type turn chan struct{}

func newTurn() turn { return make(turn, 1) }

// Lock waits for the turn.
func (t turn) Lock() { t <- struct{}{} }

// TryLock takes the turn where nobody has it.
func (t turn) TryLock() bool {
	select {
	case t <- struct{}{}:
		return true
	default:
		return false
	}
}

// lockWithin waits for the turn until ctx ends, and reports whether it has it.
func (t turn) lockWithin(ctx context.Context) bool {
	select {
	case t <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// Unlock ends the turn.
func (t turn) Unlock() { <-t }
