package load

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// nameAmong finds the name among the words behind a directive, and says what is wrong where it is
// not the first one or there is none. others are the options.
func nameAmong(verb string, words []option) (name *option, others []option, problem string) {
	lacks := fmt.Sprintf("//brook:%s lacks its name: write //brook:%s NAME, the name first", verb,
		verb)
	if len(words) == 0 || strings.HasPrefix(words[0].name, "//") {
		return nil, words, lacks
	}
	first := words[0]
	if !isOption(verb, first.name) && !slices.Contains(options[verb], first.name) {
		return &first, words[1:], ""
	}
	// An option stands where the name belongs. Is the name further back?
	for i, w := range words[1:] {
		if strings.HasPrefix(w.name, "//") {
			break
		}
		if isOption(verb, w.name) || slices.Contains(options[verb], w.name) ||
			strings.Contains(w.name, "=") {
			continue
		}
		others = slices.Delete(slices.Clone(words), i+1, i+2)
		text := make([]string, len(others))
		for k, o := range others {
			text[k] = o.name
		}
		return &w, others, fmt.Sprintf("the name comes first: write //brook:%s %s %s", verb, w.name,
			strings.Join(text, " "))
	}
	if slices.Contains(options[verb], first.name) {
		return &first, words[1:], "" // an event may be called publish
	}
	return nil, words, lacks
}

// checkName says what is wrong with the text of a name, or of a topic's.
func checkName(name, before string) string {
	for i, r := range name {
		switch {
		case strings.ContainsRune("\"'`“”‘’„«»", r):
			bare := strings.Trim(name, "\"'`“”‘’„«»")
			if bare == "" || checkName(bare, before) != "" {
				return fmt.Sprintf("%s%s: a name has no quotes", before, name)
			}
			return fmt.Sprintf("%s%s: a name has no quotes: write %s%s", before, name, before, bare)
		case r == ',':
			return fmt.Sprintf("%s%s: a name has no comma", before, name) + separated(name, i)
		case r == '=':
			return fmt.Sprintf("%s%s: a name has no equals sign", before, name)
		case !unicode.IsPrint(r):
			return fmt.Sprintf("%s%q: a name has no character that can't be seen (%U)", before,
				name, r)
		}
	}
	return ""
}

// separated says how to write a name and its options, which stand behind the comma at i.
func separated(name string, i int) string {
	if i == 0 {
		return ""
	}
	for o := range strings.SplitSeq(name[i+1:], ",") {
		if !slices.Contains([]string{"publish", "discard"}, o) && !isOption(verbEvent, o) {
			return ""
		}
	}
	return ": options stand behind it with blanks between: write " +
		strings.ReplaceAll(name, ",", " ")
}
