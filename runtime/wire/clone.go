package wire

import (
	"encoding"
	"encoding/json"
	"fmt"
	"time"
)

// Cloner makes deep copies of values, equal to what encoding into a store and decoding from it
// would return. Its zero value is ready to use. The first error is kept and reported by Finish.
type Cloner struct {
	depth int
	err   error
}

// Finish reports the first error: a cycle, or a marshaller's error.
func (c *Cloner) Finish() error { return c.err }

// fail keeps err, if it is the first.
func (c *Cloner) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

func (c *Cloner) enter() bool {
	if c.err != nil {
		return false
	}
	if c.depth++; c.depth > maxDepth {
		c.fail(fmt.Errorf("copy of a value: a cycle, or more than %d levels of nesting", maxDepth))
		return false
	}
	return true
}

func (c *Cloner) leave() { c.depth-- }

// CloneSlice makes *dst a copy of src; nil and empty stay apart, as in all copies.
func CloneSlice[T any](c *Cloner, dst *[]T, src []T, element func(c *Cloner, dst, src *T)) {
	if src == nil {
		*dst = nil
		return
	}
	if c.enter() {
		*dst = make([]T, len(src))
		CloneArray(c, *dst, src, element)
		c.leave()
	}
}

// CloneArray copies src, which is all of a Go array, into dst.
func CloneArray[T any](c *Cloner, dst, src []T, element func(c *Cloner, dst, src *T)) {
	for i := range src {
		element(c, &dst[i], &src[i])
		if c.err != nil {
			return
		}
	}
}

// ClonePointer makes *dst point at a copy of what src points at.
func ClonePointer[T any](c *Cloner, dst **T, src *T, element func(c *Cloner, dst, src *T)) {
	if src == nil {
		*dst = nil
		return
	}
	if c.enter() {
		*dst = new(T)
		element(c, *dst, src)
		c.leave()
	}
}

// CloneMap makes *dst a copy of src.
func CloneMap[K comparable, V any](c *Cloner, dst *map[K]V, src map[K]V,
	element func(c *Cloner, dst, src *V)) {
	if src == nil {
		*dst = nil
		return
	}
	if !c.enter() {
		return
	}
	m := make(map[K]V, len(src))
	var from, to, zero V
	for k, v := range src {
		from, to = v, zero
		element(c, &to, &from)
		if c.err != nil {
			return
		}
		m[k] = to
	}
	*dst = m
	c.leave()
}

// CopyPointer returns a pointer to a copy of *p, of which the parts need none.
func CopyPointer[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

// Time makes *dst what every store keeps of a time: the instant, to the nanosecond, and the
// offset from UTC. An offset of zero is UTC itself; the name of a location and a monotonic
// reading are lost.
func (c *Cloner) Time(dst, src *time.Time) { *dst = StoredTime(*src) }

// StoredTime returns what every store keeps of t; see Cloner.Time.
func StoredTime(t time.Time) time.Time {
	if t.Location() == time.UTC {
		return t.Round(0)
	}
	_, offset := t.Zone()
	if offset == 0 {
		return t.UTC()
	}
	return t.In(time.FixedZone("", offset))
}

// Any makes *dst what JSON would make of *src: numbers are float64, and whatever is neither nil, a
// bool, a number, a string, []any nor map[string]any goes through JSON.
func (c *Cloner) Any(dst, src *any) {
	switch v := (*src).(type) {
	case nil, bool, string, float64:
		*dst = v
	case int:
		*dst = float64(v)
	case int64:
		*dst = float64(v)
	case []any:
		if v == nil {
			*dst = nil
			return
		}
		var s []any
		CloneSlice(c, &s, v, (*Cloner).Any)
		*dst = s
	case map[string]any:
		if v == nil {
			*dst = nil
			return
		}
		var m map[string]any
		CloneMap(c, &m, v, (*Cloner).Any)
		*dst = m
	default:
		c.other(dst, v)
	}
}

func (c *Cloner) other(dst *any, v any) {
	if c.err != nil {
		return
	}
	b, err := json.Marshal(v)
	if err != nil {
		c.fail(err)
		return
	}
	d := NewDecoder(b)
	d.Any(dst)
	if err := d.Finish(); err != nil {
		c.fail(err)
	}
}

// Interface is for interfaces with methods, which no store can restore: only nil can be copied.
func (c *Cloner) Interface(v any) {
	if v != nil {
		c.fail(fmt.Errorf("copy of a value: %T in an interface with methods", v))
	}
}

// CloneText copies through MarshalText and UnmarshalText. *dst is zero.
func CloneText[T any, P interface {
	*T
	encoding.TextMarshaler
	encoding.TextUnmarshaler
}](c *Cloner, dst, src *T) {
	b, err := P(src).MarshalText()
	c.through(b, err, P(dst).UnmarshalText)
}

// CloneBinary copies through MarshalBinary and UnmarshalBinary. *dst is zero.
func CloneBinary[T any, P interface {
	*T
	encoding.BinaryMarshaler
	encoding.BinaryUnmarshaler
}](c *Cloner, dst, src *T) {
	b, err := P(src).MarshalBinary()
	c.through(b, err, P(dst).UnmarshalBinary)
}

// CloneJSON copies through MarshalJSON and UnmarshalJSON. *dst is zero.
func CloneJSON[T any, P interface {
	*T
	json.Marshaler
	json.Unmarshaler
}](c *Cloner, dst, src *T) {
	b, err := P(src).MarshalJSON()
	c.through(b, err, P(dst).UnmarshalJSON)
}

func (c *Cloner) through(b []byte, err error, decode func([]byte) error) {
	if err == nil {
		err = decode(b)
	}
	if err != nil {
		c.fail(fmt.Errorf("copy of a value: %w", err))
	}
}
