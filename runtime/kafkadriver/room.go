package kafkadriver

import (
	"context"
	"sync"
)

// A room holds so many bytes. Who comes first gets in first; who is larger than the room takes all of it.
type room struct {
	mu      sync.Mutex
	size    int64
	free    int64
	waiting []*guest
}

type guest struct {
	bytes int64
	in    chan struct{}
}

func newRoom(size int64) *room { return &room{size: size, free: size} }

// enter waits until there is room, and gives how much was taken.
func (r *room) enter(ctx context.Context, closed <-chan struct{}, bytes int64) (int64, error) {
	bytes = min(bytes, r.size)
	r.mu.Lock()
	if len(r.waiting) == 0 && r.free >= bytes {
		r.free -= bytes
		r.mu.Unlock()
		return bytes, nil
	}
	g := &guest{bytes, make(chan struct{})}
	r.waiting = append(r.waiting, g)
	r.mu.Unlock()
	var err error
	select {
	case <-g.in:
		return bytes, nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-closed:
		err = ErrClosed
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.waiting {
		if r.waiting[i] == g {
			r.waiting = append(r.waiting[:i], r.waiting[i+1:]...)
			r.admit()
			return 0, err
		}
	}
	r.free += bytes // it was let in at the same time
	r.admit()
	return 0, err
}

// leave gives room back.
func (r *room) leave(bytes int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.free += bytes
	r.admit()
}

func (r *room) admit() {
	for len(r.waiting) > 0 && r.free >= r.waiting[0].bytes {
		r.free -= r.waiting[0].bytes
		close(r.waiting[0].in)
		r.waiting = r.waiting[1:]
	}
}
