package redisstore

import (
	"fmt"
	"strings"
)

// Keys of a view: all begin with its tag, so that they lie in one hash slot. What follows the kind is escaped but for a
// row's key, which ends the name: no two things have one name.
const (
	suffixView = ":view"
	suffixIDs  = ":ids"
	suffixNews = ":news"
	kindRows   = ":rows:"
	kindOrder  = ":order:"
	kindPast   = ":past:"
)

// split gives the view and the rest of a table's name. Names without a slash are of the view "".
func split(table string) (view, rest string) {
	view, rest, ok := strings.Cut(table, "/")
	if !ok {
		return "", table
	}
	return view, rest
}

// tagOf gives the hash tag of a view. "%" alone is no escaped name, so it is that of the view "".
func tagOf(prefix, view string) string {
	if view == "" {
		return "{" + escape(prefix, "{}") + "%}"
	}
	return "{" + escape(prefix+view, "{}") + "}"
}

// escape writes bytes that are special, no visible ASCII, or percent signs as %XX.
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
