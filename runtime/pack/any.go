package pack

import (
	"encoding/json"
	"math"
)

// Any codes what JSON would make of *p: nil, a bool, a float64, a string, []any or map[string]any.
//
//go:noinline
func (c *Coder) Any(p *any) {
	if c.reading {
		*p = c.readAny()
	} else {
		c.writeAny(*p)
	}
}

func (c *Coder) writeAny(v any) {
	switch v := v.(type) {
	case nil:
		c.buf = append(c.buf, codeNil)
	case bool:
		c.Bool(&v)
	case string:
		c.String(&v)
	case float64:
		c.buf = appendNumber(c.buf, v)
	case int:
		c.buf = appendNumber(c.buf, float64(v))
	case int64:
		c.buf = appendNumber(c.buf, float64(v))
	case []any:
		Slice(c, &v, (*Coder).Any)
	case map[string]any:
		Map(c, &v, (*Coder).String, (*Coder).Any)
	default:
		c.writeOther(v)
	}
}

// writeOther takes the way through JSON.
func (c *Coder) writeOther(v any) {
	if c.err != nil {
		return
	}
	b, err := json.Marshal(v)
	var plain any
	if err == nil {
		err = json.Unmarshal(b, &plain)
	}
	if err != nil {
		c.fail(err)
		return
	}
	c.writeAny(plain)
}

// appendNumber writes a whole number as an integer, which is shorter. -0 is none.
func appendNumber(dst []byte, f float64) []byte {
	if n := int64(f); -1<<53 <= f && f <= 1<<53 && float64(n) == f && (n != 0 || !math.Signbit(f)) {
		return appendInt(dst, n)
	}
	return appendFloat64(dst, f)
}

func (c *Coder) readAny() any {
	switch b := c.peek(); {
	case b < codeFixMap || b >= codeNegative || codeUint8 <= b && b <= codeInt64:
		bits, negative, _ := c.integer("a number")
		if negative {
			return float64(int64(bits))
		}
		return float64(bits)
	case b < codeFixArray || b == codeMap16 || b == codeMap32:
		if m := readMap(c, (*Coder).String, (*Coder).Any); m != nil {
			return m
		}
	case b < codeFixStr || b == codeArray16 || b == codeArray32:
		if s := readSlice(c, (*Coder).Any); s != nil {
			return s
		}
	case b < codeNil || codeStr8 <= b && b <= codeStr32:
		var s string
		c.String(&s)
		return s
	case b == codeFalse || b == codeTrue:
		c.pos++
		return b == codeTrue
	case b == codeFloat32 || b == codeFloat64:
		f, _ := c.float("a float")
		return f
	default:
		c.null("nil, a bool, a number, a string, an array or a map")
	}
	return nil
}

// Interface is for interfaces with methods, which nothing can restore: only nil can be written.
func Interface[T any](c *Coder, p *T) {
	switch {
	case c.reading:
		c.null("nil, as nothing else can be read here")
	case any(*p) == nil:
		c.buf = append(c.buf, codeNil)
	default:
		c.fail(errInterface)
	}
}
