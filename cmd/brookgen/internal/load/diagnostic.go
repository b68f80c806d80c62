package load

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/brookgen/brookgen/templates/model"
)

// Diagnostic is one mistake in source: where it is, and what to do.
type Diagnostic struct {
	Pos     model.Pos
	End     model.Pos // just past what is wrong; zero, or on another line, where only the start is known
	Message string
}

// String gives file:line:col: message.
func (d Diagnostic) String() string { return d.Pos.String() + ": " + d.Message }

// pointAt begins a diagnostic about a name in source.
func pointAt(pos model.Pos, name string) Diagnostic {
	end := pos
	end.Col += len(name)
	return Diagnostic{Pos: pos, End: end}
}

func compare(a, b string) int { return cmp.Compare(a, b) }

// Sorted orders diagnostics by file, line and column and drops repeats: at one place, the same
// words but for how it was reached, which is what stands before the first colon.
func Sorted(diags []Diagnostic) []Diagnostic {
	slices.SortStableFunc(diags, func(a, b Diagnostic) int {
		return cmp.Or(
			cmp.Compare(a.Pos.File, b.Pos.File),
			cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Col, b.Pos.Col),
			cmp.Compare(a.Message, b.Message),
		)
	})
	type mistake struct {
		pos  model.Pos
		text string
	}
	told := map[mistake]bool{}
	return slices.DeleteFunc(diags, func(d Diagnostic) bool {
		m := mistake{d.Pos, d.Message}
		if reached, text, ok := strings.Cut(d.Message, ": "); ok &&
			!strings.Contains(reached, " ") {
			m.text = text
		}
		repeat := told[m]
		told[m] = true
		return repeat
	})
}

// Print writes each diagnostic with its source line and a caret below what is wrong. Files are
// named relative to dir where that is shorter.
func Print(w io.Writer, dir string, diags []Diagnostic) error {
	lines := map[string][][]byte{}
	var out bytes.Buffer
	for _, d := range diags {
		fmt.Fprintf(&out, "%s:%d:%d: %s\n", relative(dir, d.Pos.File), d.Pos.Line, d.Pos.Col,
			d.Message)
		if _, read := lines[d.Pos.File]; !read {
			src, err := os.ReadFile(d.Pos.File)
			if err != nil {
				src = nil // the message stands without its line
			}
			lines[d.Pos.File] = bytes.Split(src, []byte("\n"))
		}
		if file := lines[d.Pos.File]; d.Pos.Line >= 1 && d.Pos.Line <= len(file) {
			caret(&out, strings.TrimRight(string(file[d.Pos.Line-1]), "\r"), d)
		}
	}
	_, err := w.Write(out.Bytes())
	return err
}

// caret writes the line and what points into it. Tabs are kept in both, so they line up.
func caret(out *bytes.Buffer, line string, d Diagnostic) {
	start := d.Pos.Col - 1
	if strings.TrimSpace(line) == "" || start < 0 || start > len(line) {
		return
	}
	line, start, d.End.Col = window(line, start, d.End.Col)
	var pad strings.Builder
	for _, r := range line[:start] {
		if r == '\t' {
			pad.WriteRune('\t')
		} else {
			pad.WriteRune(' ')
		}
	}
	mark := "^"
	if d.End.Line == d.Pos.Line && d.End.Col-1 > start && d.End.Col-1 <= len(line) {
		n := utf8.RuneCountInString(line[start : d.End.Col-1])
		mark += strings.Repeat("~", max(n-1, 0))
	}
	fmt.Fprintf(out, "\t%s\n\t%s%s\n", line, pad.String(), mark)
}

// window cuts what is far from the place out of a very long line, and gives the line with the place
// and its end in it.
func window(line string, start, end int) (string, int, int) {
	const before, after = 100, 200
	if len(line)-start > after {
		cut := start + after
		for !utf8.RuneStart(line[cut]) {
			cut--
		}
		line, end = line[:cut]+"…", min(end, cut+1)
	}
	if start > before && len(line) > before+after {
		cut := start - before
		for !utf8.RuneStart(line[cut]) {
			cut++
		}
		line, start, end = "…"+line[cut:], start-cut+len("…"), end-cut+len("…")
	}
	return line, start, end
}

func relative(dir, file string) string {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return file
	}
	rel, err := filepath.Rel(dir, file)
	if err != nil || len(rel) >= len(file) {
		return file
	}
	return rel
}
