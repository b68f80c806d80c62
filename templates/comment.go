package templates

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/dave/jennifer/jen"
)

// commentWidth is where comments wrap.
const commentWidth = 100

// comment is a line comment of as many lines as the text takes.
func comment(format string, args ...any) *jen.Statement {
	var b strings.Builder
	column := 0
	for _, word := range strings.Fields(fmt.Sprintf(format, args...)) {
		n := 1 + utf8.RuneCountInString(word)
		if column == 0 || column+n > commentWidth {
			if column > 0 {
				b.WriteByte('\n')
			}
			b.WriteString("//")
			column = 2
		}
		b.WriteString(" " + word)
		column += n
	}
	return jen.Comment(b.String())
}
