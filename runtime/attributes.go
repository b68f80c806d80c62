package brook

import (
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/brookgen/brookgen/runtime/internal/text"
	"github.com/brookgen/brookgen/runtime/wire"
)

// Check says what of m can't be written so that every reader takes it.
func (m *Message) Check() error {
	if !wire.Writable(m.Time) {
		return fmt.Errorf("its time is in the year %d (UTC), and only years from 0 to 9999 can be written", m.Time.UTC().Year())
	}
	for _, a := range [...]struct{ name, text string }{{"ID", m.ID}, {"type", m.Type}, {"author", m.Author}} {
		if err := text.Check(a.text); err != nil {
			return fmt.Errorf("its %s %.200q: %w", a.name, a.text, err)
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
