package kafkadriver

import (
	"context"
	"sync"
)

// A byteLimiter is a FIFO semaphore over bytes. A request larger than the limit
// acquires the whole limit.
type byteLimiter struct {
	mu      sync.Mutex
	limit   int64
	free    int64
	waiting []*waiter
}

type waiter struct {
	bytes   int64
	granted chan struct{}
}

func newByteLimiter(size int64) *byteLimiter { return &byteLimiter{limit: size, free: size} }

// acquire waits until bytes are free, and returns how many it took: the caller passes
// that number to release.
func (l *byteLimiter) acquire(ctx context.Context, closed <-chan struct{},
	bytes int64) (int64, error) {
	bytes = min(bytes, l.limit)
	l.mu.Lock()
	if len(l.waiting) == 0 && l.free >= bytes {
		l.free -= bytes
		l.mu.Unlock()
		return bytes, nil
	}
	w := &waiter{bytes, make(chan struct{})}
	l.waiting = append(l.waiting, w)
	l.mu.Unlock()
	var err error
	select {
	case <-w.granted:
		return bytes, nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-closed:
		err = ErrClosed
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.waiting {
		if l.waiting[i] == w {
			l.waiting = append(l.waiting[:i], l.waiting[i+1:]...)
			l.grant()
			return 0, err
		}
	}
	l.free += bytes // granted at the same moment
	l.grant()
	return 0, err
}

// release returns bytes that acquire took.
func (l *byteLimiter) release(bytes int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.free += bytes
	l.grant()
}

func (l *byteLimiter) grant() {
	for len(l.waiting) > 0 && l.free >= l.waiting[0].bytes {
		l.free -= l.waiting[0].bytes
		close(l.waiting[0].granted)
		l.waiting = l.waiting[1:]
	}
}
