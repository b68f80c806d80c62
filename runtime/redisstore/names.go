package redisstore

import (
	"fmt"
	"strings"
)

// Keys of a view: all begin with its tag, so that they are in one hash slot. What follows the kind
// is escaped, except a row's key, which ends the name: no two things share one name.
const (
	suffixView = ":view"
	suffixIDs  = ":ids"
	suffixNews = ":news"
	kindRows   = ":rows:"
	kindOrder  = ":order:"
	kindPast   = ":past:"
)

// split splits a table's name into the view and the rest. Names without a slash are of the view "".
func split(table string) (view, rest string) {
	view, rest, ok := strings.Cut(table, "/")
	if !ok {
		return "", table
	}
	return view, rest
}

// tagOf returns the hash tag of a view. "%" alone is no escaped name, so it is the
// tag of the view "".
func tagOf(prefix, view string) string {
	if view == "" {
		return "{" + escape(prefix, "{}") + "%}"
	}
	return "{" + escape(prefix+view, "{}") + "}"
}

// escape writes percent signs, special bytes, and all that are not visible ASCII, as %XX.
func escape(name, special string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		if c <= ' ' || c > '~' || c == '%' || strings.IndexByte(special, c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
