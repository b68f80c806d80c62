package task

import (
	"context"
	"time"

	"github.com/brookgen/brookgen/runtime/internal/lifetime"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// Quiesced is a time in which its owner holds the quiesce lock, so that all tasks rest.
type Quiesced struct {
	set      *Set
	sleep    func(context.Context, time.Duration) error // between two tries
	Over     bool                                       // the lock is released
	Released bool                                       // others had the lock meanwhile
}

// Quiesce acquires the quiesce lock.
func (s *Set) Quiesce(ctx context.Context) (*Quiesced, error) {
	ctx, cancel := s.Life.WhileOpen(ctx)
	defer cancel()
	if err := s.Lock.Lock(ctx); err != nil {
		return nil, lifetime.Closing(ctx, err)
	}
	return &Quiesced{set: s, sleep: retry.Sleep}, nil
}

// QuiesceEnding is Quiesce for what may go on although the app closes, until ctx ends.
func (s *Set) QuiesceEnding(ctx context.Context) (*Quiesced, error) {
	if err := s.Lock.Lock(ctx); err != nil {
		return nil, err
	}
	return &Quiesced{set: s, sleep: retry.Sleep}, nil
}

// End releases the lock. It may be called again.
func (q *Quiesced) End() {
	if !q.Over {
		q.Over = true
		q.set.Lock.Unlock()
	}
}

// Pause waits, and lets others have the lock meanwhile. If it returns an error, the lock may be
// released.
func (q *Quiesced) Pause(ctx context.Context, d time.Duration) error {
	q.End()
	err := q.sleep(ctx, d)
	if lerr := q.set.Lock.Lock(ctx); lerr != nil {
		return lerr
	}
	q.Over, q.Released = false, true
	return err
}
