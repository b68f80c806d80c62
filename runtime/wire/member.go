package wire

import (
	"math"
	"strconv"
	"time"
)

// Member goes through an object whose names are not known beforehand, as envelopes do: with i = 0
// it enters the object, with any other it goes on to the next member. It returns the member's name
// as it stands in the text, quotes included, and stands on the value. It is false after the last
// member, and after a mistake.
//
//	for i := 0; ; i++ {
//		name, ok := d.Member(i)
//		if !ok {
//			break
//		}
//		switch Name(name) { … }
//	}
func (d *Decoder) Member(i int) (name []byte, ok bool) {
	switch {
	case i == 0:
		if d.peek() != '{' {
			return nil, d.fail("an object")
		}
		d.open('{', "an object")
		if d.err == nil && d.peek() == '}' {
			d.closeObject()
			return nil, false
		}
	case d.peek() == ',':
		d.pos++
	default:
		d.closeObject()
		return nil, false
	}
	if d.err != nil {
		return nil, false
	}
	name = d.rawKey()
	return name, name != nil
}

// Element goes through an array as Member does through an object.
func (d *Decoder) Element(i int) bool {
	if i == 0 {
		if d.peek() != '[' {
			return d.fail("an array")
		}
		if d.open('[', "an array"); d.err != nil {
			return false
		}
	}
	return d.element(i)
}

// Kind goes to the next value and returns its first byte: one of { [ " t f n, or what a number
// begins with; 0 if there is none.
func (d *Decoder) Kind() byte { return d.peek() }

// Offset is how far the text was read, in bytes.
func (d *Decoder) Offset() int { return d.pos }

// Failed reports whether a mistake was met.
func (d *Decoder) Failed() bool { return d.err != nil }

// Fail makes what stands at an offset that was passed already the caller's mistake, unless there
// was one before. It ends the text.
func (d *Decoder) Fail(offset int, err error) {
	if d.err == nil {
		d.pos = offset
		d.failWith(&Error{Err: err})
	}
}

// Unquote returns the value of a valid string literal with its quotes, as Member and JSON return
// them. It is a part of the literal if that has no escapes.
func Unquote(literal []byte) []byte { return unquote(literal[1 : len(literal)-1]) }

// Millis decodes a time that is given in milliseconds since 1970, or as RFC 3339 in a string; null
// leaves *p as it is. A fraction of a millisecond is dropped; an empty string is as good as null.
// Years before 0 and after 9999 are mistakes, as they can't be written as RFC 3339.
func (d *Decoder) Millis(p *time.Time) {
	const want = "milliseconds since 1970, or a time as RFC 3339"
	switch d.peek() {
	case '"':
		d.Timestamp(p)
	case 'n':
		d.literal("null")
	default:
		start := d.pos
		text := d.number(want)
		if text == nil {
			return
		}
		ms, err := strconv.ParseInt(string(text), 10, 64)
		if err != nil {
			f, err := strconv.ParseFloat(string(text), 64)
			if err != nil || math.Abs(f) > 1<<53 {
				d.pos = start
				d.fail(want)
				return
			}
			ms = int64(f)
		}
		if ms < minMillis || ms > maxMillis {
			d.pos = start
			d.fail(want + ", of a year from 0 to 9999")
			return
		}
		*p = time.UnixMilli(ms).UTC()
	}
}

// The first millisecond of year 0, and the last one of year 9999.
const (
	minMillis = -62167219200000
	maxMillis = 253402300799999
)
