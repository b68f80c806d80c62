package wire

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Error is the reason why a JSON text could not be decoded.
type Error struct {
	// Offset is the position in the text where it was noticed, in bytes from 0.
	Offset int
	// Path leads to the value as the text names it: items[3].price. It is empty for
	// the value as a whole.
	Path string
	// Found is what stands there, abridged; Expected is what would be right.
	Found, Expected string
	// Missing are the paths of required fields that are absent or null, at most 100 of them.
	Missing []string
	// Err is the error of an UnmarshalJSON or UnmarshalText method, or nil.
	Err error

	missing []missing // where the paths of Missing are, in their order
}

// Error returns all of it in one line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("json: ")
	if e.Missing != nil {
		b.WriteString("required but absent or null: ")
		b.WriteString(strings.Join(e.Missing, ", "))
		return b.String()
	}
	if e.Path != "" {
		b.WriteString(e.Path + ": ")
	}
	if e.Err != nil {
		b.WriteString(e.Err.Error() + " (byte " + strconv.Itoa(e.Offset) + ")")
		return b.String()
	}
	b.WriteString("found " + e.Found + " at byte " + strconv.Itoa(e.Offset) +
		", expected " + e.Expected)
	return b.String()
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// fail keeps what was expected at the present position and ends the text. It returns false.
func (d *Decoder) fail(want string) bool {
	if d.err == nil {
		d.failWith(&Error{Found: describe(d.data, d.pos), Expected: want})
	}
	return false
}

func (d *Decoder) failWith(e *Error) {
	e.Offset = d.pos
	e.Path = (&walker{data: d.data}).pathAt(d.pos)
	d.err = e
	d.pos = len(d.data)
}

// describe names what stands at data[pos:].
func describe(data []byte, pos int) string {
	if pos >= len(data) {
		return "the end of the data"
	}
	rest := data[pos:]
	switch c := rest[0]; {
	case c == '{':
		return "an object"
	case c == '[':
		return "an array"
	case c == '"':
		n, _ := stringEnd(rest)
		over := ""
		if n > 40 {
			n, over = 40, "…"
		}
		return "string " + strings.ToValidUTF8(string(rest[:n]), "\uFFFD") + over
	case c == '-' || '0' <= c && c <= '9':
		return "number " + word(rest)
	case 'a' <= c && c <= 'z':
		return word(rest)
	}
	r, _ := utf8.DecodeRune(rest)
	return strconv.QuoteRune(r)
}

// word returns the letters, digits and number signs at the start of b, abridged.
func word(b []byte) string {
	n := 0
	for n < len(b) && n < 40 &&
		(b[n] == '-' || b[n] == '+' || b[n] == '.' || '0' <= b[n] && b[n] <= '9' ||
			'a' <= b[n]|0x20 && b[n]|0x20 <= 'z') {
		n++
	}
	return string(b[:n])
}

// stringEnd returns the length of the string literal at the start of b, or of b if it has no end.
func stringEnd(b []byte) (n int, closed bool) {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1, true
		}
	}
	return len(b), false
}
