package redisstore

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

// A snapshot whose view moves on under it is taken again, and then has commits held back while it reads: for a moment, after which they
// are free for as long. Who commits asks again until they are free.
const (
	shortHold = 100 * time.Millisecond
	longHold  = time.Second
	movedFor  = 10 * time.Second // how long a view is known to move under snapshots
	heldPoll  = 5 * time.Millisecond
	idleFor   = 20 * time.Millisecond // after which a snapshot of this store holds up no commit of this store
)

// hold gives the head of a view, with commits held back where snapshots of it have moved lately. Where the server refuses it, or
// there is no turn to be had, the snapshot does without.
func (s *Store) hold(ctx context.Context, v *view) (h head, held bool, err error) {
	want := v.wantsHold()
	for deadline := time.Now().Add(4 * longHold); want > 0 && time.Now().Before(deadline); {
		reply, err := s.scripts.hold.Run(ctx, s.client, []string{v.key}, want.Milliseconds()).Slice()
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

// release lets commits go on.
func (s *Store) release(v *view) {
	ctx, cancel := context.WithTimeout(context.Background(), longHold)
	defer cancel()
	_ = s.scripts.release.Run(ctx, s.client, []string{v.key}).Err() // the hold ends by itself
}

// free waits until commits are no longer held back.
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

// wantsHold says how long the next snapshot holds commits back; 0: not at all.
func (v *view) wantsHold() time.Duration {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.moved.IsZero() || time.Since(v.moved) > movedFor {
		return 0
	}
	return v.holdFor
}

// movedUnder notes that the view moved under a snapshot, which had commits held back or not.
func (v *view) movedUnder(held bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.moved = time.Now()
	if held {
		v.holdFor *= 2
	}
	v.holdFor = min(max(v.holdFor, shortHold), longHold)
}

// heldStill notes that a snapshot read all that it wanted while commits were held back.
func (v *view) heldStill(took time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.moved = time.Now() // it would have moved
	v.holdFor = min(max(2*took, v.holdFor/2, shortHold), longHold)
}

// holders are the open snapshots of this store that hold commits back.
type holders map[*snapshot]bool

// idle takes out those that have not been read for a while, and gives how many these are: who commits between two reads of a snapshot is not to
// wait for itself. It is called with view.mu held.
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

// lets notes that a snapshot does no longer, and reports whether it did.
func (v *view) lets(r *snapshot) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	was := v.holders[r]
	delete(v.holders, r)
	return was
}
