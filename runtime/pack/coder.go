package pack

import (
	"errors"
	"fmt"
	"math"
	"sync"
)

// Coder writes a value or reads one, as [Append] or [Decode] made it for. One function so
// serves both ways: it hands pointers to all parts of a value to the coder, which takes them as
// they are or fills them.
//
// The first mistake is kept, and every later call does nothing that matters: generated
// code needs no checks.
type Coder struct {
	buf     []byte // what is read, or what is written
	pos     int    // in what is read
	reading bool
	depth   int
	budget  uint64 // bytes that may still be claimed on the word of a length
	err     error
	spans   []span // of the maps that are being written
}

// coders are used again, because what goes to a function value is on the heap.
var coders = sync.Pool{New: func() any { return new(Coder) }}

// Append appends *v to dst by means of code. After an error it returns dst as it was.
func Append[T any](dst []byte, v *T, code func(c *Coder, v *T)) ([]byte, error) {
	c := coders.Get().(*Coder)
	c.buf = dst
	code(c, v)
	out, err := c.buf, c.err
	c.free()
	if err != nil {
		return out[:len(dst)], err
	}
	return out, nil
}

// Decode reads data into *v by way of code. What code does not mention of *v stays. The value
// shares no memory with data, except for what UnmarshalText, UnmarshalBinary and UnmarshalJSON
// methods keep without copying. After an error *v is half read.
func Decode[T any](data []byte, v *T, code func(c *Coder, v *T)) error {
	c := coders.Get().(*Coder)
	c.buf, c.reading, c.budget = data, true, 256+32*uint64(len(data))
	code(c, v)
	if c.err == nil && c.pos < len(data) {
		c.expected("the end of the data")
	}
	err := c.err
	c.free()
	return err
}

// AppendValue is Append for a pointer whose type the caller does not know.
func AppendValue(dst []byte, v any, code func(c *Coder, v any)) ([]byte, error) {
	return Append(dst, &struct{}{}, func(c *Coder, _ *struct{}) { code(c, v) })
}

// DecodeValue is Decode for a pointer whose type the caller does not know.
func DecodeValue(data []byte, v any, code func(c *Coder, v any)) error {
	return Decode(data, &struct{}{}, func(c *Coder, _ *struct{}) { code(c, v) })
}

func (c *Coder) free() {
	*c = Coder{spans: c.spans[:0]}
	coders.Put(c)
}

// enter goes one level deeper, for values that may be without end; leave comes back.
func (c *Coder) enter() bool {
	if c.err != nil {
		return false
	}
	if c.depth++; c.depth > maxDepth {
		c.fail(errDepth)
		return false
	}
	return true
}

func (c *Coder) leave() { c.depth-- }

var errDepth = fmt.Errorf("pack: a cycle, or more than %d levels of nesting", maxDepth)

// fits reports whether a length can be written.
func (c *Coder) fits(n int) bool {
	if uint64(n) <= math.MaxUint32 {
		return true
	}
	c.fail(errors.New("pack: a length of more than 32 bits"))
	return false
}

// fail keeps err, if it is the first, and ends what is read.
func (c *Coder) fail(err error) {
	if c.err == nil {
		c.err = err
	}
	if c.reading {
		c.pos = len(c.buf)
	}
}

// expected reports that the coder found something else than it expected.
func (c *Coder) expected(want string) {
	if c.err == nil {
		c.fail(fmt.Errorf("pack: found %s at byte %d, expected %s", c.found(), c.pos, want))
	}
}

// found names what the coder found.
func (c *Coder) found() string {
	if c.pos >= len(c.buf) {
		return "the end of the data"
	}
	switch b := c.buf[c.pos]; {
	case b < codeFixMap || b >= codeNegative || codeUint8 <= b && b <= codeInt64:
		return "an integer"
	case b < codeFixArray || b >= codeMap16:
		return "a map"
	case b < codeFixStr || b == codeArray16 || b == codeArray32:
		return "an array"
	case b < codeNil || codeStr8 <= b && b <= codeStr32:
		return "a string"
	case b == codeNil:
		return "nil"
	case b == codeNever:
		return "the byte c1"
	case b <= codeTrue:
		return "a bool"
	case b <= codeBin32:
		return "binary"
	case b == codeFloat32 || b == codeFloat64:
		return "a float"
	}
	return "an extension"
}
