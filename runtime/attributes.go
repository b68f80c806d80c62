package brook

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/brookgen/brookgen/runtime/wire"
)

// check says what of m can't be written so that every reader takes it.
func (m *Message) check() error {
	if !wire.Writable(m.Time) {
		return fmt.Errorf("its time is in the year %d (UTC), and only years from 0 to 9999 can be written", m.Time.UTC().Year())
	}
	for _, a := range [...]struct{ name, text string }{{"ID", m.ID}, {"type", m.Type}, {"author", m.Author}} {
		if err := checkText(a.text); err != nil {
			return fmt.Errorf("its %s %.200q: %w", a.name, a.text, err)
		}
	}
	return nil
}

// checkText says why a text can't be an attribute: it is no UTF-8, or has control characters.
func checkText[T string | []byte](text T) error {
	ascii := true
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == 0x7F {
			return fmt.Errorf("it has the control character %#U", rune(c))
		} else if c >= utf8.RuneSelf {
			ascii = false
		}
	}
	if ascii {
		return nil
	}
	s := string(text)
	if !utf8.ValidString(s) {
		return errors.New("it is no UTF-8")
	}
	for _, r := range s {
		if r >= 0x80 && r <= 0x9F || r >= 0xFDD0 && r <= 0xFDEF || r&0xFFFE == 0xFFFE {
			return fmt.Errorf("it has %U, which is no character of texts", r)
		}
	}
	return nil
}

// checkSource says why an author can't be a CloudEvent's source, which is a URI reference (RFC 3986).
func checkSource(author string) error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("the author %.200q can't be a CloudEvents source, which is a URI reference such as shop, /shop or https://example.com/shop: "+format,
			append([]any{author}, args...)...)
	}
	if author == "" {
		return bad("it is empty")
	}
	fragment, strict := false, false
	for i, r := range author {
		switch {
		case r == '%':
			if i+2 >= len(author) || !isHex(author[i+1]) || !isHex(author[i+2]) {
				return bad("%% has to be followed by two hexadecimal digits")
			}
		case r == '#' && fragment:
			return bad("it has # twice")
		case r == '#':
			fragment = true
		case r == '[' || r == ']':
			strict = true
		case !isURI(r):
			_, n := utf8.DecodeRuneInString(author[i:])
			return bad("write %q as %s", author[i:i+n], url.PathEscape(author[i:i+n]))
		}
	}
	first := author
	if end := strings.IndexAny(author, "/?#"); end >= 0 {
		first = author[:end]
	}
	if scheme, _, colon := strings.Cut(first, ":"); colon {
		switch {
		case !isScheme(scheme):
			return bad("what stands before its first colon is no scheme: write %%3A for the colon")
		case len(scheme)+1 == len(author):
			return bad("it is a scheme and nothing else")
		}
	}
	if strict || strings.Contains(author, "//") {
		if _, err := url.Parse(author); err != nil || strict && !strings.Contains(author, "//[") {
			return bad("its host, or a bracket outside of it, is wrong")
		}
	}
	return nil
}

func isURI(r rune) bool {
	return isAlphanumeric(r) || r < utf8.RuneSelf && strings.IndexByte("-._~:/?@!$&'()*+,;=", byte(r)) >= 0
}

func isAlphanumeric(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

func isScheme(s string) bool {
	if s == "" || s[0]|0x20 < 'a' || s[0]|0x20 > 'z' {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return !isAlphanumeric(r) && r != '+' && r != '-' && r != '.' })
}

// The attributes of a record of which each may be there once, as bits.
const (
	sawVersion = 1 << iota
	sawID
	sawType
	sawAuthor
	sawTime
	sawCause
	sawLane
	sawHash
	sawContent
	sawData
	sawBase64
)

// manyHeaders is from how many headers on a map tells which names were there.
const manyHeaders = 32

// names tells which names headers have, while these grow.
type names struct {
	seen map[string]bool
	upTo int
}

// have reports whether one of headers, which are those of the last call and more, has a name.
func (n *names) have(headers []Header, name string) bool {
	if len(headers) < manyHeaders {
		for i := range headers {
			if headers[i].Key == name {
				return true
			}
		}
		return false
	}
	if n.seen == nil {
		n.seen = make(map[string]bool, 2*manyHeaders)
	}
	for ; n.upTo < len(headers); n.upTo++ {
		n.seen[headers[n.upTo].Key] = true
	}
	return n.seen[name]
}
