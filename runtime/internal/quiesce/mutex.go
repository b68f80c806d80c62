package quiesce

import "context"

// Mutex is a mutex that can be waited for until a context ends. NewMutex makes one; the zero Mutex
// blocks forever. Any goroutine may call its methods.
type Mutex chan struct{}

// NewMutex returns a mutex that nobody holds.
func NewMutex() Mutex { return make(Mutex, 1) }

// Lock waits until it holds the mutex.
func (m Mutex) Lock() { m <- struct{}{} }

// TryLock takes the mutex if nobody holds it, and reports whether it did.
func (m Mutex) TryLock() bool {
	select {
	case m <- struct{}{}:
		return true
	default:
		return false
	}
}

// LockContext waits until it holds the mutex or ctx ends, and reports whether it holds it.
func (m Mutex) LockContext(ctx context.Context) bool {
	select {
	case m <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// Unlock frees the mutex. Whoever holds it must call it once.
func (m Mutex) Unlock() { <-m }
