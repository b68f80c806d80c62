package watch

import "context"

// subscription is what watchers of one row and of all rows have alike.
type subscription struct {
	hub   *Hub
	table *table
	ready chan struct{} // holds a token if there may be something to take
	stop  func() bool   // ends the wait for the context; nil: closed; guarded by hub.mu
}

// Wait waits until there may be something to take. It returns false if ctx ended first.
func (s *subscription) Wait(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	default:
	}
	select {
	case <-ctx.Done():
		return false
	case <-s.ready:
		return true
	}
}

// over ends the wait for the context. It reports false if that was ended before. The caller holds
// hub.mu.
func (s *subscription) over() bool {
	if s.stop == nil {
		return false
	}
	s.stop()
	s.stop = nil
	return true
}

// signal wakes Wait, or its next call.
func (s *subscription) signal() {
	select {
	case s.ready <- struct{}{}:
	default:
	}
}
