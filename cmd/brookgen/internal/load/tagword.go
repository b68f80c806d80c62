package load

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// The words of a brook field tag.
const (
	tagKey      = "key"
	tagIndex    = "index"
	tagUnique   = "unique"
	tagRequired = "required"
	tagWas      = "was"
	tagDefault  = "default"
	tagPII      = "pii"
)

var (
	tagWords = []string{tagKey, tagIndex, tagUnique, tagRequired, tagWas, tagPII, tagDefault}
	// tagForms are tagWords as messages show them.
	tagForms = []string{tagKey, tagIndex, tagUnique, tagRequired, "was=NAME", tagPII, "default=VALUE"}
)

// A tagWord is one word of a brook tag.
type tagWord struct {
	name   string
	value  string // what stands behind the equals sign
	valued bool   // there is one
}

// String returns the word as it stands in the tag.
func (w tagWord) String() string {
	if w.valued {
		return w.name + "=" + w.value
	}
	return w.name
}

// words returns the words of a field's brook tag. Commas are between them, and default= takes all
// that follows it, as it stands.
func words(tag string) []tagWord {
	rest := reflect.StructTag(tag).Get("brook")
	if rest == "" {
		return nil
	}
	var list []tagWord
	for more := true; more; {
		rest = strings.TrimLeft(rest, " ")
		if value, ok := strings.CutPrefix(rest, tagDefault+"="); ok {
			return append(list, tagWord{tagDefault, value, true})
		}
		var w tagWord
		w.name, rest, more = strings.Cut(rest, ",")
		w.name, w.value, w.valued = strings.Cut(w.name, "=")
		w.name, w.value = strings.TrimSpace(w.name), strings.TrimSpace(w.value)
		list = append(list, w)
	}
	return list
}

func hasWord(tag, word string) bool {
	return slices.ContainsFunc(words(tag), func(w tagWord) bool { return w.name == word })
}

// oldNames returns the wire names that a field had, in the order of its tag.
func oldNames(tag string) []string {
	var names []string
	for _, w := range words(tag) {
		if w.name == tagWas {
			names = append(names, w.value)
		}
	}
	return names
}

// defaultText returns the text behind default= in a field's tag, or nil.
func defaultText(tag string) *string {
	for _, w := range words(tag) {
		if w.name == tagDefault {
			return &w.value
		}
	}
	return nil
}

// check says what is wrong with a word that stands behind others.
func (w tagWord) check(before []tagWord) string {
	twice := slices.Contains(before, w)
	switch {
	case !slices.Contains(tagWords, w.name):
		hint := ""
		if n := len(before); n > 0 && before[n-1].name == tagWas {
			hint = fmt.Sprintf("; if it is another old name, write was=%s", w)
		}
		return fmt.Sprintf("unknown word %q in the brook tag%s%s", w,
			orOneOf(w.name, tagWords, "", "the words are", tagForms), hint)
	case w.name == tagWas && w.value == "":
		return "was= needs the wire name that the field had, as in was=amount"
	case w.name == tagWas && !validName(w.value):
		return fmt.Sprintf("was=%s: no field can have had that wire name, which encoding/json would not take", w.value)
	case w.name == tagDefault && !w.valued:
		return "default needs a value, as in default=EUR"
	case w.name != tagWas && w.name != tagDefault && w.valued:
		return fmt.Sprintf("%s takes no value: write %s alone", w.name, w.name)
	case twice:
		return fmt.Sprintf("%s stands twice in the brook tag", w)
	}
	return ""
}
