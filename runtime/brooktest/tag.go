package brooktest

import (
	"reflect"
	"slices"
	"strings"
)

// taggedFields returns the fields of a struct, its own and promoted ones, whose brook tag
// has one of some words.
func taggedFields(t reflect.Type, words ...string) (fields []reflect.StructField) {
	if t.Kind() != reflect.Struct {
		return nil
	}
	for _, f := range reflect.VisibleFields(t) {
		if slices.ContainsFunc(words, func(word string) bool { return hasWord(f, word) }) {
			fields = append(fields, f)
		}
	}
	return fields
}

// hasWord reports whether a field's brook tag has a word. Behind default= there is none.
func hasWord(f reflect.StructField, word string) bool {
	for w := range strings.SplitSeq(f.Tag.Get("brook"), ",") {
		switch w = strings.TrimSpace(w); {
		case w == word:
			return true
		case strings.HasPrefix(w, "default="):
			return false
		}
	}
	return false
}
