package mapstore

import (
	"math"
	"slices"
	"sync/atomic"
)

// expired is added to the readers of an instant that nobody may pin any more.
const expired = math.MinInt64 / 2

// An instant is the state after one commit. While it is current or has readers, everything
// it sees is kept.
type instant struct {
	seq     uint64
	_       [56]byte // written by readers, while every Get reads seq: a cache line each
	readers atomic.Int64
	surplus []surplus // the writer's: rows to trim when this instant has expired
}

// A clock counts commits and knows which instants can still be seen. Only the writer may call it,
// except pin, unpin and seq.
type clock struct {
	current atomic.Pointer[instant]
	live    []*instant // ascending; the last one is current
	due     []surplus  // rows to trim, of expired instants
}

func (c *clock) start() {
	now := &instant{}
	c.current.Store(now)
	c.live = []*instant{now}
}

// seq returns the number of the last commit.
func (c *clock) seq() uint64 { return c.current.Load().seq }

// pin keeps everything that the present instant sees until unpin.
func (c *clock) pin() *instant {
	for {
		now := c.current.Load()
		if now.readers.Add(1) > 0 {
			return now
		}
		// It expired in between: there is a newer one.
	}
}

// unpin ends a pin, and reports whether rows may now be trimmed.
func (c *clock) unpin(in *instant) bool {
	return in.readers.Add(-1) == 0 && in != c.current.Load()
}

// tick makes the commit seq visible.
func (c *clock) tick(seq uint64) {
	now := &instant{seq: seq}
	c.live = append(c.live, now)
	c.current.Store(now)
	c.expire()
}

// expire removes the instants that nobody can see any more.
func (c *clock) expire() {
	last := len(c.live) - 1
	if last == 1 && c.live[0].readers.CompareAndSwap(0, expired) && c.live[0].surplus == nil {
		c.live[0], c.live[1] = c.live[1], nil
		c.live = c.live[:1]
		return
	}
	now := c.live[last]
	kept := slices.DeleteFunc(c.live[:last], func(in *instant) bool {
		gone := in.readers.Load() < 0 || in.readers.CompareAndSwap(0, expired)
		if gone {
			c.due = append(c.due, in.surplus...)
			in.surplus = nil
		}
		return gone
	})
	clear(c.live[len(kept):])
	c.live = append(kept, now)
}

// sees reports whether an instant in from <= seq < to can still be seen.
func (c *clock) sees(from, to uint64) bool {
	in := c.newestBefore(to)
	return in != nil && in.seq >= from
}

// newestBefore returns the newest instant before seq that can still be seen, or nil.
func (c *clock) newestBefore(seq uint64) *instant {
	for i := len(c.live) - 1; i >= 0; i-- {
		if c.live[i].seq < seq {
			return c.live[i]
		}
	}
	return nil
}
