package wire

import (
	"encoding/json"
	"strconv"
)

// QuotedNull takes a null, or one in a string, and reports whether there was one: both make a
// pointer with the string option nil.
func (d *Decoder) QuotedNull() bool {
	if d.peek() == '"' {
		pos := d.pos
		if s, ok := d.unquoted(); ok && string(s) == "null" {
			return true
		} else if ok {
			d.pos = pos
		}
		return false
	}
	return d.Null()
}

// QuotedText takes a string whose value is a JSON text, for a field with the string option. The
// result is false for null, and for anything else, which is an error.
func (d *Decoder) QuotedText() ([]byte, bool) {
	b, ok := d.Text()
	if ok && len(b) == 0 {
		d.pos = d.start
		return nil, d.fail("a string that is not empty")
	}
	return b, ok
}

// Quoted decodes into *p what stands in a string: the string option of a field. p is a pointer to
// a bool, a string, a number or a json.Number. null, also in a string, changes nothing. Numbers are
// as lax as encoding/json's: what package strconv takes.
func (d *Decoder) Quoted(p any) {
	b, ok := d.QuotedText()
	if ok && string(b) != "null" && !quoted(b, p) {
		d.pos = d.start
		d.fail("such a value in a string")
	}
}

func quoted(b []byte, p any) bool {
	s, c := string(b), b[0]
	number := c == '-' || '0' <= c && c <= '9'
	switch p := p.(type) {
	case *bool:
		*p = s == "true"
		return *p || s == "false"
	case *string:
		return quotedString(b, p)
	case *json.Number:
		if number {
			*p = json.Number(s)
			return true
		}
		var inner string
		if !quotedString(b, &inner) {
			return false
		}
		*p = json.Number(inner)
		n, _ := scanNumber([]byte(inner))
		return n > 0 && n == len(inner)
	case *float32:
		f, err := strconv.ParseFloat(s, 32)
		*p = float32(f)
		return number && err == nil
	case *float64:
		f, err := strconv.ParseFloat(s, 64)
		*p = f
		return number && err == nil
	}
	return number && (quotedInt(s, p) || quotedUint(s, p))
}

// quotedString decodes a string literal that makes up all of b.
func quotedString(b []byte, p *string) bool {
	d := Decoder{data: b}
	if b[0] != '"' {
		return false
	}
	s, ok := d.unquoted()
	if !ok || d.pos != len(b) {
		return quotedLax(b, p)
	}
	*p = string(s)
	return true
}

// quotedLax takes the one escape that encoding/json allows in here alone: \'.
func quotedLax(b []byte, p *string) bool {
	var strict []byte
	for i := 0; i < len(b); i++ {
		if b[i] == '\\' && i+1 < len(b) {
			if b[i+1] != '\'' {
				strict = append(strict, '\\')
			}
			i++
		}
		strict = append(strict, b[i])
	}
	d := Decoder{data: strict}
	s, ok := d.unquoted()
	if ok && d.pos == len(strict) {
		*p = string(s)
		return true
	}
	return false
}

func quotedInt(s string, p any) bool {
	var n int64
	var err error
	switch p := p.(type) {
	case *int:
		n, err = strconv.ParseInt(s, 10, strconv.IntSize)
		*p = int(n)
	case *int8:
		n, err = strconv.ParseInt(s, 10, 8)
		*p = int8(n)
	case *int16:
		n, err = strconv.ParseInt(s, 10, 16)
		*p = int16(n)
	case *int32:
		n, err = strconv.ParseInt(s, 10, 32)
		*p = int32(n)
	case *int64:
		n, err = strconv.ParseInt(s, 10, 64)
		*p = n
	default:
		return false
	}
	return err == nil
}

func quotedUint(s string, p any) bool {
	var n uint64
	var err error
	switch p := p.(type) {
	case *uint:
		n, err = strconv.ParseUint(s, 10, strconv.IntSize)
		*p = uint(n)
	case *uint8:
		n, err = strconv.ParseUint(s, 10, 8)
		*p = uint8(n)
	case *uint16:
		n, err = strconv.ParseUint(s, 10, 16)
		*p = uint16(n)
	case *uint32:
		n, err = strconv.ParseUint(s, 10, 32)
		*p = uint32(n)
	case *uint64:
		n, err = strconv.ParseUint(s, 10, 64)
		*p = n
	case *uintptr:
		n, err = strconv.ParseUint(s, 10, strconv.IntSize)
		*p = uintptr(n)
	default:
		return false
	}
	return err == nil
}

// QuotedJSON is JSON for a field with the string option: it returns the contents of
// the string, or null.
func (d *Decoder) QuotedJSON() ([]byte, bool) {
	if d.IsNull() {
		return d.JSON()
	}
	return d.QuotedText()
}

// QuotedString is Text for a field with the string option: a string that holds a string literal.
func (d *Decoder) QuotedString() ([]byte, bool) {
	b, ok := d.QuotedText()
	if !ok || string(b) == "null" {
		return nil, false
	}
	var s string
	if !quotedString(b, &s) {
		d.pos = d.start
		return nil, d.fail("a string in a string")
	}
	return []byte(s), true
}
