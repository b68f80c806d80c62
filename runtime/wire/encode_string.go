package wire

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"
)

// String writes a string literal. As in encoding/json, <, > and & and the line separators are
// escaped, and invalid UTF-8 becomes \ufffd.
func (e *Encoder) String(s string) {
	buf := slices.Grow(e.buf, len(s)+2)
	n := len(buf)
	end := n + 1 + len(s)
	buf = buf[:end+1]
	buf[n] = '"'
	body := buf[n+1 : end]
	copy(body, s)
	if !harmless(body) {
		e.buf = appendEscaped(buf[:n], s)
		return
	}
	buf[end] = '"'
	e.buf = buf
}

// harmless reports whether b is ASCII that needs no escapes.
func harmless(b []byte) bool {
	for len(b) >= 8 {
		w := binary.LittleEndian.Uint64(b)
		quote, slash, lt, gt, amp := w^ones*'"', w^ones*'\\', w^ones*'<', w^ones*'>', w^ones*'&'
		if (w|(w-ones*0x20)|(quote-ones)|(slash-ones)|(lt-ones)|(gt-ones)|(amp-ones))&highs != 0 {
			return false // rarely for nothing: only a byte from 0x80 on, or one of those, gets here
		}
		b = b[8:]
	}
	for _, c := range b {
		if !safe[c] {
			return false
		}
	}
	return true
}

// safe are the bytes that stand for themselves.
var safe = [256]bool{
	' ': true, '!': true, '#': true, '$': true, '%': true, '\'': true, '(': true, ')': true,
	'*': true, '+': true,
	',': true, '-': true, '.': true, '/': true, '0': true, '1': true, '2': true, '3': true,
	'4': true, '5': true,
	'6': true, '7': true, '8': true, '9': true, ':': true, ';': true, '=': true, '?': true,
	'@': true, 'A': true,
	'B': true, 'C': true, 'D': true, 'E': true, 'F': true, 'G': true, 'H': true, 'I': true,
	'J': true, 'K': true,
	'L': true, 'M': true, 'N': true, 'O': true, 'P': true, 'Q': true, 'R': true, 'S': true,
	'T': true, 'U': true,
	'V': true, 'W': true, 'X': true, 'Y': true, 'Z': true, '[': true, ']': true, '^': true,
	'_': true, '`': true,
	'a': true, 'b': true, 'c': true, 'd': true, 'e': true, 'f': true, 'g': true, 'h': true,
	'i': true, 'j': true,
	'k': true, 'l': true, 'm': true, 'n': true, 'o': true, 'p': true, 'q': true, 'r': true,
	's': true, 't': true,
	'u': true, 'v': true, 'w': true, 'x': true, 'y': true, 'z': true, '{': true, '|': true,
	'}': true, '~': true,
	0x7f: true,
}

const hexDigits = "0123456789abcdef"

func appendEscaped(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if safe[c] {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			dst = append(dst, s[start:i]...)
			dst = appendEscape(dst, c)
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			dst = append(dst, s[start:i]...)
			dst = append(dst, `\ufffd`...)
			start = i + size
		case r == '\u2028' || r == '\u2029':
			dst = append(dst, s[start:i]...)
			dst = append(dst, '\\', 'u', '2', '0', '2', hexDigits[r&0xF])
			start = i + size
		}
		i += size
	}
	return append(append(dst, s[start:]...), '"')
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '\\', '"':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xF])
}

// Bytes writes base64 in a string; nil is null.
func (e *Encoder) Bytes(b []byte) {
	if b == nil {
		e.Null()
		return
	}
	e.quote()
	e.buf = base64.StdEncoding.AppendEncode(e.buf, b)
	e.quote()
}

// EncodeBytes is Bytes for defined types of bytes.
func EncodeBytes[B ~uint8](e *Encoder, s []B) {
	if s == nil {
		e.Null()
		return
	}
	b := make([]byte, len(s))
	for i, c := range s {
		b[i] = byte(c)
	}
	e.Bytes(b)
}

// Time writes a time as time.Time.MarshalJSON does, and fails if it does.
func (e *Encoder) Time(t time.Time) {
	e.quote()
	b, err := t.AppendText(e.buf)
	if err != nil {
		e.fail(fmt.Errorf("json: error calling MarshalJSON for type time.Time: %w", err))
		return
	}
	e.buf = append(b, '"')
}

// Text writes what a MarshalText method returned.
func (e *Encoder) Text(b []byte, err error) {
	if err != nil {
		e.fail(fmt.Errorf("json: MarshalText: %w", err))
		return
	}
	e.String(string(b))
}

// JSON writes what a MarshalJSON method returned, compacted. It is an error if that is not valid.
func (e *Encoder) JSON(b []byte, err error) {
	if err != nil {
		e.fail(fmt.Errorf("json: MarshalJSON: %w", err))
		return
	}
	d := Decoder{data: b}
	d.Skip()
	if err := d.Finish(); err != nil {
		e.fail(fmt.Errorf("json: MarshalJSON: %w", err))
		return
	}
	e.buf = appendCompact(e.buf, b)
}

// appendCompact appends a valid text without white space, escaped as in strings.
func appendCompact(dst, src []byte) []byte {
	inString := false
	for i := 0; i < len(src); i++ {
		switch c := src[i]; {
		case c == '"':
			inString = !inString
			dst = append(dst, c)
		case c == '\\':
			i++
			dst = append(dst, c, src[i])
		case c == '<' || c == '>' || c == '&':
			dst = appendEscape(dst, c)
		case c == 0xE2 && i+2 < len(src) && src[i+1] == 0x80 && src[i+2]&^1 == 0xA8:
			dst = append(dst, '\\', 'u', '2', '0', '2', hexDigits[src[i+2]&0xF])
			i += 2
		case c <= ' ' && !inString:
		default:
			dst = append(dst, c)
		}
	}
	return dst
}
