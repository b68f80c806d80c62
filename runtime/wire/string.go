package wire

import (
	"unicode/utf16"
	"unicode/utf8"
)

// String decodes a string; null leaves *p as it is.
func (d *Decoder) String(p *string) {
	if d.peek() != '"' {
		d.nullOr("a string")
		return
	}
	start := d.pos + 1
	n, high := plain(d.data[start:])
	if end := start + n; end < len(d.data) && d.data[end] == '"' && !high {
		d.pos = end + 1
		*p = string(d.data[start:end])
		return
	}
	if b, ok := d.unquoted(); ok {
		*p = string(b)
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
	b := make([]byte, 0, len(s)+utf8.UTFMax)
	for len(s) > 0 {
		switch c := s[0]; {
		case c == '\\' && s[1] == 'u':
			r, n := unescape(s)
			b, s = utf8.AppendRune(b, r), s[n:]
		case c == '\\':
			b, s = append(b, escaped(s[1])), s[2:]
		case c < utf8.RuneSelf:
			n := 1
			for n < len(s) && s[n] < utf8.RuneSelf && s[n] != '\\' {
				n++
			}
			b, s = append(b, s[:n]...), s[n:]
		default:
			r, n := utf8.DecodeRune(s)
			b, s = utf8.AppendRune(b, r), s[n:]
		}
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
