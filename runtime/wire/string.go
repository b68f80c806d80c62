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

// escapedString is String for what has to be changed.
func (d *Decoder) escapedString(p *string) {
	start := d.pos + 1
	d.skipString()
	if d.err != nil {
		return
	}
	literal := d.data[start : d.pos-1]
	if d.shared == nil {
		*p = string(unquote(literal))
		return
	}
	d.shared.buf = appendUnquoted(d.shared.buf[:0], literal)
	*p = d.text(d.shared.buf)
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
