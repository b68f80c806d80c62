package mapstore

import (
	"bytes"
	"math/bits"
	"sync/atomic"
)

// The hash index is an extendible hash: a directory of segments, chosen by the first bits of the
// hash. A full segment splits in two, so no insert ever moves more than one segment's rows. One
// writer changes it while others read: slots are filled before their tag marks them as filled.
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
	slots [bucketSlots]atomic.Pointer[version[row]]
}

// The fields before the buckets fill a cache line together with the 8 bytes that Go puts before an
// object of this size, so that each bucket is one.
type segment struct {
	live   int    // the writer's: number of rows
	used   int    // the writer's: number of entries, with deleted ones
	depth  uint   // how many bits of the hash all rows share
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

// find returns the newest version of the row of that key, or nil.
func (x *hashIndex) find(hash uint64, key []byte) *version[row] {
	_, v := x.slot(hash, key)
	return v
}

// slot returns also the version's place. Only the writer may use the place.
func (x *hashIndex) slot(hash uint64, key []byte) (place, *version[row]) {
	d := x.dir.Load()
	seg := d.segments[hash>>d.shift].Load()
	want := lowBits * tagOf(hash)
	at := bucketOf(hash)
	for range segmentBuckets {
		b := &seg.bucket[at]
		tags := b.tags.Load()
		diff := tags ^ want
		// The zero-byte trick may find a byte too many, never one too few.
		for m := (diff - lowBits) & ^diff & tagBits; m != 0; m &= m - 1 {
			i := bits.TrailingZeros64(m) / 8
			if v := b.slots[i].Load(); v != nil && bytes.Equal(v.val.key, key) {
				return place{seg, b, i}, v
			}
		}
		if (tags-lowBits)&^tags&tagBits != 0 {
			break // a slot was never used: no row went further
		}
		if at++; at == segmentBuckets {
			at = 0
		}
	}
	return place{}, nil
}

// A place is the position of a row in the index. It is valid until the next insert.
type place struct {
	segment *segment
	bucket  *bucket
	slot    int
}

// replace stores a newer version of the row.
func (p place) replace(v *version[row]) { p.bucket.slots[p.slot].Store(v) }

// remove removes the row.
func (p place) remove() {
	tags := p.bucket.tags.Load()
	var left uint64 = tagDeleted
	if (tags-lowBits)&^tags&tagBits != 0 {
		left = 0 // searches end here anyway
		p.segment.used--
	}
	p.segment.live--
	p.bucket.tags.Store(tags&^(0xff<<(8*p.slot)) | left<<(8*p.slot))
	p.bucket.slots[p.slot].Store(nil)
}

func tagOf(hash uint64) uint64 { return hash&0x7f | 0x80 }

func bucketOf(hash uint64) int { return int(uint64(uint32(hash>>7)) * segmentBuckets >> 32) }

// insert adds a row whose key is not in the index.
func (x *hashIndex) insert(hash uint64, v *version[row], hashOf func([]byte) uint64) {
	for {
		d := x.dir.Load()
		seg := d.segments[hash>>d.shift].Load()
		if seg.used < segmentLimit {
			seg.put(hash, v)
			return
		}
		x.split(hash, seg, hashOf)
	}
}

func (s *segment) put(hash uint64, v *version[row]) {
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
		b.slots[i].Store(v)
		b.tags.Store(tags&^(0xff<<(8*i)) | tag<<(8*i))
		return
	}
}

// split replaces a full segment by two, or by one if it is full of deleted slots.
func (x *hashIndex) split(hash uint64, old *segment, hashOf func([]byte) uint64) {
	d := x.dir.Load()
	parts := [2]*segment{{depth: old.depth}}
	parts[1] = parts[0]
	if old.live > segmentLimit/2 {
		parts = [2]*segment{{depth: old.depth + 1}, {depth: old.depth + 1}}
	}
	for i := range old.bucket {
		for j := range old.bucket[i].slots {
			if v := old.bucket[i].slots[j].Load(); v != nil {
				h := hashOf(v.val.key)
				parts[h>>(63-old.depth)&1].put(h, v)
			}
		}
	}
	if bit := 64 - d.shift; parts[0].depth > bit { // the directory distinguishes too few segments
		next := &directory{shift: d.shift - 1,
			segments: make([]atomic.Pointer[segment], 2*len(d.segments))}
		for i := range next.segments {
			next.segments[i].Store(d.segments[i/2].Load())
		}
		d = next
	}
	// The directory's entries for the old segment are adjacent.
	span := len(d.segments) >> old.depth
	first := int(hash>>d.shift) / span * span
	for i := range span {
		d.segments[first+i].Store(parts[i*2/span&1])
	}
	x.dir.Store(d)
}
