// Package spelling finds the word that somebody probably meant.
package spelling

import "strings"

// Nearest returns the candidate with the fewest edits from word, "" if none has few for its length.
func Nearest(word string, candidates []string) string {
	best, least := "", max(len([]rune(word))/3, 1)+1
	if len(word) < 3 {
		least = 1 // but for case, anything is as near
	}
	if len(word) > 100 {
		return "" // no slip of the finger
	}
	for _, c := range candidates {
		if n := Edits(strings.ToLower(word), strings.ToLower(c)); n < least {
			best, least = c, n
		}
	}
	return best
}

// Edits counts insertions, deletions, substitutions and swaps of neighbours between a and b.
func Edits(a, b string) int {
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
