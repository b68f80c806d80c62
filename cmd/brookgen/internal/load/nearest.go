package load

import (
	"fmt"
	"strings"

	"github.com/brookgen/brookgen/cmd/brookgen/internal/spelling"
)

// didYouMean gives "; did you mean PREFIXword?" for the candidate that is nearest to word, or "".
func didYouMean(word string, candidates []string, prefix string) string {
	if c := spelling.Nearest(word, candidates); c != "" {
		return fmt.Sprintf("; did you mean %s%s?", prefix, c)
	}
	return ""
}

// orOneOf is didYouMean followed by all that is valid: kind names it, as in "the options are".
func orOneOf(word string, candidates []string, prefix, kind string, valid []string) string {
	if hint := didYouMean(word, candidates, prefix); hint != "" {
		return hint + " T" + kind[1:] + " " + enumerate(valid)
	}
	if len(valid) == 1 {
		kind = strings.Replace(kind, "s are", " is", 1)
	}
	return "; " + kind + " " + enumerate(valid)
}

// enumerate joins words as a sentence does: a, b and c.
func enumerate(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
