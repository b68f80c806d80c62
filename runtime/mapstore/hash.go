package mapstore

import (
	"bytes"
	"math/bits"
	"sync/atomic"
)

// The hash index is an extendible hash: a directory of segments, picked by the first bits of the
// hash. A full segment splits in two, so no insert ever moves more than one segment's entries. One
// writer changes it while anybody reads: slots are filled before their tag says so.
const (
	bucketSlots    = 7
	segmentBuckets = 63
	segmentLimit   = segmentBuckets * bucketSlots * 85 / 100

	tagBits    = 0x0080808080808080 // the top bit of each slot's tag
	lowBits    = 0x0001010101010101
	tagDeleted = 1
)

// A bucket is a cache line: the tags of its slots, and the slots. A tag is 0 for a slot never used,
// tagDeleted, or 0x80 with 7 bits of the hash.
type bucket struct {
	tags  atomic.Uint64
	slots [bucketSlots]atomic.Pointer[entry]
}

// The fields before the buckets fill a cache line together with the 8 bytes that Go puts before an object
// of this size, so that each bucket is one.
type segment struct {
	live   int    // the writer's: entries
	used   int    // the writer's: entries and deleted ones
	depth  uint   // bits of the hash that all entries share
	_      [4]int // padding
	bucket [segmentBuckets]bucket
}

type directory struct {
	shift    uint // of the hash, to get the number of the segment
	segments []atomic.Pointer[segment]
}

type hashIndex struct{ dir atomic.Pointer[directory] }

func (x *hashIndex) init() {
	d := &directory{shift: 64, segments: make([]atomic.Pointer[segment], 1)}
	d.segments[0].Store(&segment{})
	x.dir.Store(d)
}

// find gives the entry of the key, or nil.
func (x *hashIndex) find(hash uint64, key []byte) *entry {
	d := x.dir.Load()
	seg := d.segments[hash>>d.shift].Load()
	want := lowBits * tagOf(hash)
	at := bucketOf(hash)
	for range segmentBuckets {
		b := &seg.bucket[at]
		tags := b.tags.Load()
		diff := tags ^ want
		// The trick of the zero byte may name a byte too many, never one too few.
		for m := (diff - lowBits) & ^diff & tagBits; m != 0; m &= m - 1 {
			if e := b.slots[bits.TrailingZeros64(m)/8].Load(); e != nil && bytes.Equal(e.key, key) {
				return e
			}
		}
		if (tags-lowBits)&^tags&tagBits != 0 {
			return nil // a slot was never used: nobody had to go further
		}
		if at++; at == segmentBuckets {
			at = 0
		}
	}
	return nil
}

func tagOf(hash uint64) uint64 { return hash&0x7f | 0x80 }

func bucketOf(hash uint64) int { return int(uint64(uint32(hash>>7)) * segmentBuckets >> 32) }

// insert adds an entry whose key is not there.
func (x *hashIndex) insert(hash uint64, e *entry, hashOf func([]byte) uint64) {
	for {
		d := x.dir.Load()
		seg := d.segments[hash>>d.shift].Load()
		if seg.used < segmentLimit {
			seg.put(hash, e)
			return
		}
		x.split(hash, seg, hashOf)
	}
}

func (s *segment) put(hash uint64, e *entry) {
	tag := tagOf(hash)
	for at := bucketOf(hash); ; at = (at + 1) % segmentBuckets {
		b := &s.bucket[at]
		tags := b.tags.Load()
		free := ^tags & tagBits // neither an unused nor a deleted slot has the top bit
		if free == 0 {
			continue
		}
		i := bits.TrailingZeros64(free) / 8
		if byte(tags>>(8*i)) != tagDeleted {
			s.used++
		}
		s.live++
		b.slots[i].Store(e)
		b.tags.Store(tags&^(0xff<<(8*i)) | tag<<(8*i))
		return
	}
}

// remove takes out the entry.
func (x *hashIndex) remove(hash uint64, e *entry) {
	d := x.dir.Load()
	seg := d.segments[hash>>d.shift].Load()
	at := bucketOf(hash)
	for range segmentBuckets {
		b := &seg.bucket[at]
		tags := b.tags.Load()
		for i := range b.slots {
			if b.slots[i].Load() == e {
				var left uint64 = tagDeleted
				if (tags-lowBits)&^tags&tagBits != 0 {
					left = 0 // searches end here anyway
					seg.used--
				}
				seg.live--
				b.tags.Store(tags&^(0xff<<(8*i)) | left<<(8*i))
				b.slots[i].Store(nil)
				return
			}
		}
		at = (at + 1) % segmentBuckets
	}
}

// split replaces a full segment by two, or by one where it is full of deleted slots.
func (x *hashIndex) split(hash uint64, old *segment, hashOf func([]byte) uint64) {
	d := x.dir.Load()
	parts := [2]*segment{{depth: old.depth}}
	parts[1] = parts[0]
	if old.live > segmentLimit/2 {
		parts = [2]*segment{{depth: old.depth + 1}, {depth: old.depth + 1}}
	}
	for i := range old.bucket {
		for j := range old.bucket[i].slots {
			if e := old.bucket[i].slots[j].Load(); e != nil {
				h := hashOf(e.key)
				parts[h>>(63-old.depth)&1].put(h, e)
			}
		}
	}
	if bit := 64 - d.shift; parts[0].depth > bit { // the directory tells too few segments apart
		next := &directory{shift: d.shift - 1, segments: make([]atomic.Pointer[segment], 2*len(d.segments))}
		for i := range next.segments {
			next.segments[i].Store(d.segments[i/2].Load())
		}
		d = next
	}
	// The directory's entries of the old segment lie side by side.
	span := len(d.segments) >> old.depth
	first := int(hash>>d.shift) / span * span
	for i := range span {
		d.segments[first+i].Store(parts[i*2/span&1])
	}
	x.dir.Store(d)
}
