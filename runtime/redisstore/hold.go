package redisstore

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

// A snapshot whose view moves during its reads is taken again, and then holds commits back while
// it reads: for a moment, after which they are free for as long. A commit that is held back asks
// again until it is free.
const (
	shortHold = 100 * time.Millisecond
	longHold  = time.Second
	movedFor  = 10 * time.Second // how long a view counts as moving under snapshots
	heldPoll  = 5 * time.Millisecond
	// unread for so long, a snapshot holds up no commit of its own store
	idleFor = 20 * time.Millisecond
)

// hold returns the head of a view, and holds commits back if snapshots of it have moved lately. If
// the server refuses, or it is not this snapshot's turn, the snapshot continues without.
func (s *Store) hold(ctx context.Context, v *view) (h head, held bool, err error) {
	want := v.wantsHold()
	for deadline := time.Now().Add(4 * longHold); want > 0 && time.Now().Before(deadline); {
		reply, err := s.scripts.hold.Run(ctx, s.client, []string{v.key},
			want.Milliseconds()).Slice()
		var refused redis.Error
		if errors.As(err, &refused) {
			break
		}
		if err != nil {
			return h, false, err
		}
		if len(reply) != 3 {
			break
		}
		text, _ := reply[0].(string)
		left, _ := reply[1].(int64)
		wait, _ := reply[2].(int64)
		if h, err = v.read(text); err != nil || left > 0 || wait == 0 {
			return h, left > 0, err
		}
		if err := pause(ctx, time.Duration(wait)*time.Millisecond); err != nil {
			return h, false, err
		}
	}
	h, err = s.head(ctx, v)
	return h, false, err
}

// release lets commits continue.
func (s *Store) release(v *view) {
	ctx, cancel := context.WithTimeout(context.Background(), longHold)
	defer cancel()
	_ = s.scripts.release.Run(ctx, s.client, []string{v.key}).Err() // the hold expires by itself
}

// free waits until commits are not held back.
func (s *Store) free(ctx context.Context, v *view, left int64) error {
	for left > 0 {
		v.mu.Lock()
		idle := v.holders.idle()
		v.mu.Unlock()
		for range idle {
			s.release(v)
		}
		if err := pause(ctx, min(heldPoll, time.Duration(left)*time.Millisecond)); err != nil {
			return err
		}
		var err error
		if left, err = s.scripts.held.Run(ctx, s.client, []string{v.key}).Int64(); err != nil {
			return err
		}
	}
	return nil
}

func pause(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// wantsHold returns for how long the next snapshot holds commits back, 0 for not at all.
func (v *view) wantsHold() time.Duration {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.moved.IsZero() || time.Since(v.moved) > movedFor {
		return 0
	}
	return v.holdFor
}

// movedUnder notes that the view moved during a snapshot, which held commits back or did not.
func (v *view) movedUnder(held bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.moved = time.Now()
	if held {
		v.holdFor *= 2
	}
	v.holdFor = min(max(v.holdFor, shortHold), longHold)
}

// heldStill notes that a snapshot finished its reads while commits were held back.
func (v *view) heldStill(took time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.moved = time.Now() // without the hold it would have moved
	v.holdFor = min(max(2*took, v.holdFor/2, shortHold), longHold)
}

// holders are the open snapshots of this store that hold commits back.
type holders map[*snapshot]bool

// idle removes the holders that have not been read for a while, and returns their number: a
// goroutine that commits between two reads of its snapshot must not wait for itself. It is
// called with view.mu held.
func (h holders) idle() (n int) {
	for r := range h {
		if time.Since(time.Unix(0, r.last.Load())) > idleFor {
			delete(h, r)
			n++
		}
	}
	return n
}

// holds notes that a snapshot holds commits back.
func (v *view) holds(r *snapshot) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.holders == nil {
		v.holders = holders{}
	}
	v.holders[r] = true
}

// lets notes that a snapshot holds commits back no longer, and reports whether it did.
func (v *view) lets(r *snapshot) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	was := v.holders[r]
	delete(v.holders, r)
	return was
}
