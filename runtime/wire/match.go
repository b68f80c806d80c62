package wire

import (
	"unicode"
	"unicode/utf8"
)

// match returns the index of key in names: an exact match, else the first under case folding, else
// -1. The search for an exact match starts at from.
func match(names []string, key []byte, from int, fold bool) int {
	n := len(key)
	for i := from; i < len(names); i++ {
		if name := names[i]; len(name) == n && string(key) == name {
			return i
		}
	}
	folded := -1
	for i, name := range names {
		if len(name) != n {
			continue
		}
		if string(key) == name {
			return i
		}
		if folded < 0 && equalFoldASCII(name, key) {
			folded = i
		}
	}
	if fold || !isASCII(key) {
		for i, name := range names {
			if equalFold(name, key) {
				return i
			}
		}
	}
	return folded
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// equalFoldASCII compares two texts of equal length, of which differing bytes match only if they
// are letters of different case.
func equalFoldASCII(s string, t []byte) bool {
	for i := range len(s) {
		a, b := s[i], t[i]
		if a != b && (a|0x20 != b|0x20 || a|0x20 < 'a' || a|0x20 > 'z') {
			return false
		}
	}
	return true
}

// equalFold compares as encoding/json does: rune by rune, under simple folding.
func equalFold(s string, t []byte) bool {
	for len(s) > 0 && len(t) > 0 {
		a, n := utf8.DecodeRuneInString(s)
		b, m := utf8.DecodeRune(t)
		if a != b && foldRune(a) != foldRune(b) {
			return false
		}
		s, t = s[n:], t[m:]
	}
	return len(s) == len(t)
}

// foldRune returns the smallest rune that differs from r in case alone.
func foldRune(r rune) rune {
	for {
		next := unicode.SimpleFold(r)
		if next <= r {
			return next
		}
		r = next
	}
}
