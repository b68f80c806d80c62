package pack

import (
	"bytes"
	"slices"
	"strconv"
	"unsafe"
)

// Slice codes a slice, element by element.
func Slice[T any](c *Coder, p *[]T, element func(*Coder, *T)) {
	if c.reading {
		*p = readSlice(c, element)
		return
	}
	s := *p
	if s == nil {
		c.buf = append(c.buf, codeNil)
		return
	}
	if c.fits(len(s)) && c.enter() {
		c.buf = appendArrayLen(c.buf, len(s))
		for i := range s {
			if element(c, &s[i]); c.err != nil {
				return
			}
		}
		c.leave()
	}
}

func readSlice[T any](c *Coder, element func(*Coder, *T)) []T {
	n, ok := c.arrayLen("an array")
	if !ok || !c.enter() {
		return nil
	}
	var zero T
	s := make([]T, 0, c.claim(n, unsafe.Sizeof(zero)))
	for i := range n {
		if i == cap(s) {
			s = slices.Grow(s, 1)
		}
		s = s[:i+1]
		if element(c, &s[i]); c.err != nil {
			return nil
		}
	}
	c.leave()
	return s
}

// claim returns for how many of n elements memory is taken before they are read. All claims for
// one value share a budget in proportion to its bytes, so that damaged lengths can't nest claims;
// it is enough for all but types that are large and have little to store, whose slices and maps
// grow as they are read.
func (c *Coder) claim(n int, size uintptr) int {
	if size == 0 {
		return n
	}
	if uint64(n)*uint64(size) > c.budget {
		n = int(c.budget / uint64(size))
	}
	c.budget -= uint64(n) * uint64(size)
	return n
}

// Array codes s, which is all of a Go array.
func Array[T any](c *Coder, s []T, element func(*Coder, *T)) {
	if c.reading {
		if c.peek() == codeNil {
			c.pos++
			clear(s)
			return
		}
		at := c.pos
		if n, ok := c.arrayLen("an array"); ok && n != len(s) {
			c.pos = at
			c.expected("an array of " + strconv.Itoa(len(s)))
		}
	} else {
		c.buf = appendArrayLen(c.buf, len(s))
	}
	for i := range s {
		if c.err != nil {
			return
		}
		element(c, &s[i])
	}
}

// Octets codes a slice of bytes, of whatever type these are.
func Octets[B ~uint8](c *Coder, p *[]B) {
	if !c.reading {
		if *p == nil {
			c.buf = append(c.buf, codeNil)
		} else if c.fits(len(*p)) {
			c.buf = appendBinaryLen(c.buf, len(*p))
			c.buf = append(c.buf, plain(*p)...)
		}
		return
	}
	b, ok := c.binary("binary")
	if !ok {
		*p = nil
		return
	}
	*p = make([]B, len(b))
	copy(plain(*p), b)
}

// OctetArray codes s, which is all of a Go array of bytes.
func OctetArray[B ~uint8](c *Coder, s []B) {
	if !c.reading {
		c.buf = appendBinaryLen(c.buf, len(s))
		c.buf = append(c.buf, plain(s)...)
		return
	}
	at, want := c.pos, "binary of "+strconv.Itoa(len(s))+" bytes"
	b, ok := c.binary(want)
	if ok && len(b) != len(s) {
		c.pos = at
		c.expected(want)
		return
	}
	clear(s)
	copy(plain(s), b)
}

// plain returns the same bytes as a []byte.
func plain[B ~uint8](s []B) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s))
}

// Pointer codes a pointer: nil, or an array of what it points at.
func Pointer[T any](c *Coder, p **T, element func(*Coder, *T)) {
	if !c.reading {
		if *p == nil {
			c.buf = append(c.buf, codeNil)
		} else if c.enter() {
			c.buf = append(c.buf, codeFixArray|1)
			element(c, *p)
			c.leave()
		}
		return
	}
	*p = nil
	if c.peek() != codeFixArray|1 {
		c.null("nil, or an array of one")
	} else if c.enter() {
		c.pos++
		*p = new(T)
		element(c, *p)
		c.leave()
	}
}

// Map codes a map, sorted by the bytes of its keys.
func Map[K comparable, V any](c *Coder, p *map[K]V, key func(*Coder, *K),
	element func(*Coder, *V)) {
	if c.reading {
		*p = readMap(c, key, element)
		return
	}
	m := *p
	if m == nil {
		c.buf = append(c.buf, codeNil)
		return
	}
	if !c.fits(len(m)) || !c.enter() {
		return
	}
	c.buf = appendMapLen(c.buf, len(m))
	first := len(c.spans)
	var k K
	var v V
	for k, v = range m {
		s := span{start: len(c.buf)}
		key(c, &k)
		s.key = len(c.buf)
		if element(c, &v); c.err != nil {
			return
		}
		s.end = len(c.buf)
		c.spans = append(c.spans, s)
	}
	c.sort(c.spans[first:])
	c.spans = c.spans[:first]
	c.leave()
}

// span is the range of bytes of one entry of a map.
type span struct{ start, key, end int }

// sort brings the entries that end the buffer into the order of their keys.
func (c *Coder) sort(entries []span) {
	byKey := func(a, b span) int {
		return bytes.Compare(c.buf[a.start:a.key], c.buf[b.start:b.key])
	}
	if slices.IsSortedFunc(entries, byKey) {
		return
	}
	start := entries[0].start
	slices.SortFunc(entries, byKey)
	n := len(c.buf)
	for _, s := range entries {
		c.buf = append(c.buf, c.buf[s.start:s.end]...)
	}
	copy(c.buf[start:], c.buf[n:])
	c.buf = c.buf[:n]
}

func readMap[K comparable, V any](c *Coder, key func(*Coder, *K),
	element func(*Coder, *V)) map[K]V {
	n, ok := c.mapLen()
	if !ok || !c.enter() {
		return nil
	}
	var k, noKey K
	var v, zero V
	m := make(map[K]V, c.claim(n, unsafe.Sizeof(k)+unsafe.Sizeof(v)+1))
	for range n {
		k, v = noKey, zero
		key(c, &k)
		if element(c, &v); c.err != nil {
			return nil
		}
		m[k] = v
	}
	c.leave()
	return m
}
