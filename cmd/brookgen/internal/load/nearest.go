package load

import (
	"fmt"
	"strings"
)

// didYouMean gives "; did you mean PREFIXword?" for the candidate that is nearest to word, or "".
func didYouMean(word string, candidates []string, prefix string) string {
	if c := nearest(word, candidates); c != "" {
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

// nearest gives the candidate with the fewest edits from word, if they are few for its length.
func nearest(word string, candidates []string) string {
	best, least := "", max(len([]rune(word))/3, 1)+1
	if len(word) < 3 {
		least = 1 // but for case, anything is as near
	}
	if len(word) > 100 {
		return "" // no slip of the finger
	}
	for _, c := range candidates {
		if n := edits(strings.ToLower(word), strings.ToLower(c)); n < least {
			best, least = c, n
		}
	}
	return best
}

// edits counts insertions, deletions, substitutions and swaps of neighbours between a and b.
func edits(a, b string) int {
	x, y := []rune(a), []rune(b)
	d := make([][]int, len(x)+1)
	for i := range d {
		d[i] = make([]int, len(y)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(x)][len(y)]
}

// enumerate joins words as a sentence does: a, b and c.
func enumerate(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
