package mapstore

import "sync/atomic"

// A version is what something was from the commit seq on, until the commit of the
// next newer version.
type version[T any] struct {
	seq  uint64
	prev atomic.Pointer[version[T]] // the next older version that somebody may see
	val  T
}

// A chain holds the versions of one thing, newest first. The writer pushes and trims;
// anybody may read.
type chain[T any] struct {
	head atomic.Pointer[version[T]]
}

// at returns the version that the instant seq sees, nil if there is none, in the chain whose newest
// version was v. The instant must be pinned.
func (v *version[T]) at(seq uint64) *version[T] {
	for v != nil && v.seq > seq {
		v = v.prev.Load()
	}
	return v
}

// latest returns the version that was committed last, in the chain whose newest version
// was v. It needs no pin.
func (v *version[T]) latest(clock *clock) *version[T] {
	if v == nil || v.seq <= clock.seq() {
		return v
	}
	prev := v.prev.Load()
	if v.seq <= clock.seq() {
		return v // committed meanwhile, and perhaps trimmed before prev was read
	}
	return prev // v's commit is in progress, and leaves prev alone
}

// push makes v the newest version. A second version of the same commit replaces the first.
func (c *chain[T]) push(v *version[T]) {
	prev := c.head.Load()
	if prev != nil && prev.seq == v.seq {
		prev = prev.prev.Load()
	}
	v.prev.Store(prev)
	c.head.Store(v)
}

// trim drops the versions that no instant sees, and reports whether only the newest is left. A
// reader at a dropped version still finds the older ones.
func (c *chain[T]) trim(clock *clock) bool {
	head := c.head.Load()
	if head == nil || head.prev.Load() == nil {
		return true
	}
	for v, prev := head, head.prev.Load(); prev != nil; prev = v.prev.Load() {
		if clock.sees(prev.seq, v.seq) {
			v = prev
		} else {
			v.prev.Store(prev.prev.Load())
		}
	}
	return head.prev.Load() == nil
}
