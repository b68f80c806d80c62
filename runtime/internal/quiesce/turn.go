package quiesce

import "context"

// turn is a lock that can be waited for with a limit.
type Mutex chan struct{}

func NewMutex() Mutex { return make(Mutex, 1) }

// Lock waits for the turn.
func (t Mutex) Lock() { t <- struct{}{} }

// TryLock takes the turn where nobody has it.
func (t Mutex) TryLock() bool {
	select {
	case t <- struct{}{}:
		return true
	default:
		return false
	}
}

// lockWithin waits for the turn until ctx ends, and reports whether it has it.
func (t Mutex) LockContext(ctx context.Context) bool {
	select {
	case t <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// Unlock ends the turn.
func (t Mutex) Unlock() { <-t }
