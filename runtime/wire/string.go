package wire

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// String decodes a string; null leaves *p as it is.
//
//go:noinline
func (d *Decoder) String(p *string) {
	if d.peek() != '"' {
		d.nullOr("a string")
		return
	}
	// The usual string has neither escapes nor invalid UTF-8.
	start := d.pos + 1
	n, high := plain(d.data[start:])
	end := start + n
	if end < len(d.data) && d.data[end] == '"' && (!high || utf8.Valid(d.data[start:end])) {
		d.pos = end + 1
		*p = d.text(d.data[start:end])
		return
	}
	d.escapedString(p)
}

// escapedString is String for what has to be changed. What is wrong is left to skipString.
func (d *Decoder) escapedString(p *string) {
	if d.shared != nil {
		if b, n := appendLiteral(d.shared.buf[:0], d.data[d.pos+1:]); n > 0 {
			d.pos += 1 + n
			d.shared.buf = b
			*p = d.text(b)
			return
		}
	}
	if b, ok := d.unquoted(); ok {
		*p = string(b)
	}
}

// appendLiteral appends the value of the string literal whose first quote stands before s, and
// returns its length, with the other quote: 0 if it is not valid. It goes through the text once,
// where unquoted goes twice (a text of 50 with six escapes: 60 ns instead of 95).
func appendLiteral(b, s []byte) (value []byte, length int) {
	for rest := s; ; {
		n, high := plain(rest)
		if high {
			b = appendValid(b, rest[:n])
		} else {
			b = append(b, rest[:n]...)
		}
		rest = rest[n:]
		switch {
		case len(rest) == 0:
			return b, 0
		case rest[0] == '"':
			return b, len(s) - len(rest) + 1
		case rest[0] != '\\' || len(rest) < 2:
			return b, 0
		}
		switch c := rest[1]; c {
		case 'u':
			if hex4(rest[2:]) < 0 {
				return b, 0
			}
			r, n := unescape(rest)
			b, rest = utf8.AppendRune(b, r), rest[n:]
		case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			b, rest = append(b, escaped(c)), rest[2:]
		default:
			return b, 0
		}
	}
}

// unquoted takes the string literal at the present position and returns its value, which may
// be a part of the text.
func (d *Decoder) unquoted() ([]byte, bool) {
	start := d.pos + 1
	d.skipString()
	if d.err != nil {
		return nil, false
	}
	return unquote(d.data[start : d.pos-1]), true
}

// unquote returns the value of a valid string literal without its quotes. Invalid UTF-8 and lone
// surrogates become U+FFFD. Without those and escapes the result is s itself.
func unquote(s []byte) []byte {
	n, high := plain(s)
	if n == len(s) && (!high || utf8.Valid(s)) {
		return s
	}
	return appendUnquoted(make([]byte, 0, len(s)+utf8.UTFMax), s)
}

// appendUnquoted appends the value of a valid string literal without its quotes.
func appendUnquoted(b, s []byte) []byte {
	for {
		n := bytes.IndexByte(s, '\\')
		if n < 0 {
			return appendValid(b, s)
		}
		b, s = appendValid(b, s[:n]), s[n:]
		if s[1] == 'u' {
			r, n := unescape(s)
			b, s = utf8.AppendRune(b, r), s[n:]
		} else {
			b, s = append(b, escaped(s[1])), s[2:]
		}
	}
}

// appendValid appends s, with U+FFFD for each byte that is no UTF-8.
func appendValid(b, s []byte) []byte {
	if utf8.Valid(s) {
		return append(b, s...)
	}
	for len(s) > 0 {
		r, n := utf8.DecodeRune(s)
		b, s = utf8.AppendRune(b, r), s[n:]
	}
	return b
}

// unescape decodes the \u sequence, or the pair of them, at the start of s.
func unescape(s []byte) (r rune, n int) {
	r = hex4(s[2:])
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if len(s) >= 12 && s[6] == '\\' && s[7] == 'u' {
		if pair := utf16.DecodeRune(r, hex4(s[8:])); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return utf8.RuneError, 6
}

func escaped(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}
