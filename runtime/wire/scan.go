package wire

import (
	"encoding/binary"
	"math/bits"
)

// Skip takes one value of any kind, checking its grammar.
func (d *Decoder) Skip() {
	switch c := d.peek(); c {
	case '"':
		d.skipString()
	case '{':
		d.skipObject()
	case '[':
		if d.open('[', "") {
			for i := 0; d.element(i); i = 1 {
				d.Skip()
			}
		}
	case 't':
		d.literal("true")
	case 'f':
		d.literal("false")
	case 'n':
		d.literal("null")
	default:
		d.number("a value")
	}
}

func (d *Decoder) skipObject() {
	if !d.open('{', "") {
		return
	}
	if d.peek() == '}' {
		d.closeObject()
		return
	}
	for {
		if d.peek() != '"' {
			d.fail("a key")
			return
		}
		d.skipString()
		d.colon()
		d.Skip()
		if d.peek() != ',' {
			d.closeObject()
			return
		}
		d.pos++
	}
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// plain returns how many bytes from the start of b on can stand in a string literal as they are
// (neither quote, backslash nor control byte), and whether any of them is not ASCII.
func plain(b []byte) (n int, high bool) {
	var seen uint64
	for len(b)-n >= 8 {
		w := binary.LittleEndian.Uint64(b[n:])
		quote, slash := w^ones*'"', w^ones*'\\'
		// A bit is set if a byte is below 0x20, a quote or a backslash; above such a byte, and for
		// bytes from 0x80 on, it may be set wrongly or lack, so only the lowest one counts.
		stop := ((w - ones*0x20) | (quote - ones) | (slash - ones)) &^ w & highs
		if stop != 0 {
			k := bits.TrailingZeros64(stop) / 8
			return n + k, (seen|w&(1<<(8*k)-1))&highs != 0
		}
		seen |= w
		n += 8
	}
	var rest byte
	for ; n < len(b); n++ {
		c := b[n]
		if c < ' ' || c == '"' || c == '\\' {
			break
		}
		rest |= c
	}
	return n, (seen|uint64(rest))&highs != 0
}

// skipString takes the string literal that starts at the present position.
func (d *Decoder) skipString() {
	d.pos++
	for {
		n, _ := plain(d.data[d.pos:])
		d.pos += n
		if d.pos == len(d.data) {
			d.fail("the end of the string")
			return
		}
		switch d.data[d.pos] {
		case '"':
			d.pos++
			return
		case '\\':
			if !d.escape() {
				return
			}
		default:
			d.fail("no control character in a string")
			return
		}
	}
}

// escape takes one escape sequence.
func (d *Decoder) escape() bool {
	rest := d.data[d.pos+1:]
	if len(rest) > 0 {
		switch rest[0] {
		case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			d.pos += 2
			return true
		case 'u':
			if hex4(rest[1:]) >= 0 {
				d.pos += 6
				return true
			}
		}
	}
	return d.fail("a valid escape sequence")
}

// hex4 returns the value of the four hexadecimal digits at the start of b, or -1.
func hex4(b []byte) rune {
	if len(b) < 4 {
		return -1
	}
	var r rune
	for _, c := range b[:4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}

// number takes a number and returns its text, or nil.
func (d *Decoder) number(want string) []byte {
	d.peek()
	n, _ := scanNumber(d.data[d.pos:])
	if n == 0 {
		d.fail(want)
		return nil
	}
	start := d.pos
	d.pos += n
	return d.data[start:d.pos]
}

// scanNumber returns the length of the number at the start of b, 0 if there is none, and whether it
// is written as an integer.
func scanNumber(b []byte) (n int, integer bool) {
	if n < len(b) && b[n] == '-' {
		n++
	}
	switch k := digits(b[n:]); {
	case k == 0:
		return 0, false
	case b[n] == '0':
		n++
	default:
		n += k
	}
	integer = true
	if n < len(b) && b[n] == '.' {
		k := digits(b[n+1:])
		if k == 0 {
			return 0, false
		}
		n += 1 + k
		integer = false
	}
	if n < len(b) && b[n]|0x20 == 'e' {
		n++
		if n < len(b) && (b[n] == '+' || b[n] == '-') {
			n++
		}
		k := digits(b[n:])
		if k == 0 {
			return 0, false
		}
		n += k
		integer = false
	}
	return n, integer
}

func digits(b []byte) int {
	for i, c := range b {
		if c < '0' || c > '9' {
			return i
		}
	}
	return len(b)
}
