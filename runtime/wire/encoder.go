package wire

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// Encoder appends one JSON value to a buffer. Methods that write a value append it directly
// to the end of the buffer. The first error is kept and reported by Finish, so generated
// code needs no checks.
type Encoder struct {
	buf   []byte
	start int
	depth int
	err   error
}

// NewEncoder returns an encoder that appends to dst.
func NewEncoder(dst []byte) *Encoder { return &Encoder{buf: dst, start: len(dst)} }

// Finish returns dst with the value appended; after an error just dst, as it was.
func (e *Encoder) Finish() ([]byte, error) {
	if e.err != nil {
		return e.buf[:e.start], e.err
	}
	return e.buf, nil
}

func (e *Encoder) fail(err error) {
	if e.err == nil {
		e.err = err
	}
}

// enter goes one level deeper, for values that may be without end; leave comes back.
func (e *Encoder) enter() bool {
	if e.err != nil {
		return false
	}
	if e.depth++; e.depth > maxDepth {
		e.fail(fmt.Errorf("json: a cycle, or more than %d levels of nesting", maxDepth))
		return false
	}
	return true
}

func (e *Encoder) leave() { e.depth-- }

// Open begins an object all of whose fields may be left out.
//
//go:noinline
func (e *Encoder) Open() { e.buf = append(e.buf, '{') }

// End ends an object.
//
//go:noinline
func (e *Encoder) End() { e.buf = append(e.buf, '}') }

// Name writes what comes before a field's value: `{"name":` for a field that begins the object,
// `,"name":` for any other. The comma is left out after Open.
func (e *Encoder) Name(s string) *Encoder {
	if s[0] == ',' && e.buf[len(e.buf)-1] == '{' {
		s = s[1:]
	}
	e.buf = append(e.buf, s...)
	return e
}

// Null writes null.
//
//go:noinline
func (e *Encoder) Null() { e.buf = append(e.buf, "null"...) }

// Bool writes true or false.
//
//go:noinline
func (e *Encoder) Bool(b bool) { e.buf = strconv.AppendBool(e.buf, b) }

// Int writes an integer.
//
//go:noinline
func (e *Encoder) Int(n int64) { e.buf = strconv.AppendInt(e.buf, n, 10) }

// Uint writes an integer.
//
//go:noinline
func (e *Encoder) Uint(n uint64) { e.buf = strconv.AppendUint(e.buf, n, 10) }

// Float64 writes a number; NaN and infinities are errors.
//
//go:noinline
func (e *Encoder) Float64(f float64) { e.float(f, 64) }

// Float32 writes a number; NaN and infinities are errors.
//
//go:noinline
func (e *Encoder) Float32(f float32) { e.float(float64(f), 32) }

func (e *Encoder) float(f float64, size int) {
	abs := max(f, -f)
	if !(abs <= 1.7976931348623157e308) {
		e.fail(fmt.Errorf("json: unsupported value: %v", f))
		return
	}
	format := byte('f')
	if abs != 0 && (size == 64 && (abs < 1e-6 || abs >= 1e21) ||
		size == 32 && (float32(abs) < 1e-6 || float32(abs) >= 1e21)) {
		format = 'e'
	}
	b := strconv.AppendFloat(e.buf, f, format, -1, size)
	// e-09 is e-9
	if n := len(b); format == 'e' && b[n-4] == 'e' && b[n-3] == '-' && b[n-2] == '0' {
		b[n-2] = b[n-1]
		b = b[:n-1]
	}
	e.buf = b
}

// Number writes a json.Number, of which the empty one is 0; one that is no number is an error.
func (e *Encoder) Number(n json.Number) {
	if n == "" {
		n = "0"
	}
	if k, _ := scanNumber([]byte(n)); k != len(n) {
		e.fail(fmt.Errorf("json: invalid number literal %q", string(n)))
		return
	}
	e.buf = append(e.buf, n...)
}

// QuotedBool is Bool for a field with the string option, and so are all Quoted methods.
//
//go:noinline
func (e *Encoder) QuotedBool(b bool) { e.quote(); e.Bool(b); e.quote() }

// QuotedInt is Int in quotes.
//
//go:noinline
func (e *Encoder) QuotedInt(n int64) { e.quote(); e.Int(n); e.quote() }

// QuotedUint is Uint in quotes.
//
//go:noinline
func (e *Encoder) QuotedUint(n uint64) { e.quote(); e.Uint(n); e.quote() }

// QuotedFloat64 is Float64 in quotes.
//
//go:noinline
func (e *Encoder) QuotedFloat64(f float64) { e.quote(); e.Float64(f); e.quote() }

// QuotedFloat32 is Float32 in quotes.
//
//go:noinline
func (e *Encoder) QuotedFloat32(f float32) { e.quote(); e.Float32(f); e.quote() }

// QuotedNumber is Number in quotes.
//
//go:noinline
func (e *Encoder) QuotedNumber(n json.Number) { e.quote(); e.Number(n); e.quote() }

// QuotedString writes a string that holds a string literal.
func (e *Encoder) QuotedString(s string) {
	var inner Encoder
	inner.String(s)
	e.buf = appendEscaped(e.buf, string(inner.buf))
}

func (e *Encoder) quote() { e.buf = append(e.buf, '"') }
