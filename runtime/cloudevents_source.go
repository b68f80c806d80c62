package brook

import (
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"
)

// checkSource returns an error if an author can't be the source of a CloudEvent, which is a
// URI-reference of RFC 3986.
func checkSource(author string) error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("the author %.200q can't be a CloudEvents source, "+
			"which is a URI reference such as shop, /shop or https://example.com/shop: "+format,
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

// isURI reports whether a URI may have r, apart from %, #, [ and ].
func isURI(r rune) bool {
	return isAlphanumeric(r) ||
		r < utf8.RuneSelf && strings.IndexByte("-._~:/?@!$&'()*+,;=", byte(r)) >= 0
}

func isAlphanumeric(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

// isScheme reports whether s is the scheme of a URI.
func isScheme(s string) bool {
	if s == "" || s[0]|0x20 < 'a' || s[0]|0x20 > 'z' {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !isAlphanumeric(r) && r != '+' && r != '-' && r != '.'
	})
}
