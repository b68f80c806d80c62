package lock

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/brookgen/brookgen/templates/model"
)

// Error is what is wrong with the text of a lock: where, and what to do.
type Error struct {
	Pos     model.Pos
	Message string
}

// Error returns file:line:col: message.
func (e *Error) Error() string { return e.Pos.String() + ": " + e.Message }

// Ours reports whether a text is that of a lock, perhaps a damaged one, or one that git merged in
// vain: whether it may be written over. A lock of a newer format may hold what nobody here can keep.
func Ours(text []byte) bool {
	lines := strings.Split(string(text), "\n")
	version, ok := strings.CutPrefix(lines[0], headStart)
	version, _, _ = strings.Cut(version, ":")
	if n, err := strconv.Atoi(version); err == nil && n > format {
		return false
	}
	return ok || conflict(lines) > 0
}

// Parse reads the text of a lock. The error is an *Error.
func Parse(file string, text []byte) (*Lock, error) {
	lines := strings.Split(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")
	fail := func(line, col int, format string, args ...any) error {
		return &Error{model.Pos{File: file, Line: line, Col: col}, fmt.Sprintf(format, args...)}
	}
	if n := conflict(lines); n > 0 {
		return nil, fail(n, 1, "%s has a conflict of a merge: merge the Go files, take either side of this one as it was (git checkout --ours %s), and run brookgen, which brings it up to date", FileName, FileName)
	}
	version, ok := strings.CutPrefix(lines[0], headStart)
	if !ok {
		return nil, fail(1, 1, "this is no %s: its first line is not %q; move the file, as brookgen writes its own here", FileName, headStart+"…")
	}
	version, _, _ = strings.Cut(version, ":")
	switch n, err := strconv.Atoi(version); {
	case err != nil || n < 1:
		return nil, fail(1, len(headStart)+1, "%q is no number of a format: %s", version, restore)
	case n > format:
		return nil, fail(1, len(headStart)+1, "%s has format %d, and this brookgen knows those up to %d: it was written by a newer one, use that", FileName, n, format)
	}
	var parsed []row
	for i, text := range lines[1:] {
		if strings.TrimSpace(text) == "" {
			continue
		}
		pos := model.Pos{File: file, Line: i + 2, Col: 1}
		r, col, problem := parseRow(text)
		if problem != "" {
			return nil, fail(pos.Line, col, "%s: %s", problem, restore)
		}
		r.pos = pos
		parsed = append(parsed, r)
	}
	return assemble(parsed)
}

// restore says what to do about a lock that somebody damaged.
const restore = "the file is written by brookgen alone: restore it from version control, and run brookgen"

// conflict returns the number of the line with the first mark that git leaves in what it can't
// merge, or 0.
func conflict(lines []string) int {
	for i, line := range lines {
		for _, mark := range []string{"<<<<<<< ", ">>>>>>> ", "||||||| "} {
			if strings.HasPrefix(line, mark) || strings.TrimRight(line, "\r") == mark[:7] {
				return i + 1
			}
		}
		if strings.TrimRight(line, "\r") == "=======" {
			return i + 1
		}
	}
	return 0
}

// A row is one line of a lock.
type row struct {
	ref      Ref
	path     path
	typ      *Shape
	refs     []*Shape // in typ, whose Name is a path for now
	quoted   bool
	required bool
	pii      bool
	gone     bool
	was      []string
	preset   *string
	key      []string
	keyTypes []string
	when     string
	pos      model.Pos
}

// parseRow reads one line. If it can't, it says what is wrong, and in which column.
func parseRow(text string) (r row, col int, problem string) {
	words, cols, ok := columns(text)
	if !ok {
		return r, 1, "a quote that does not end"
	}
	if len(words) < 5 {
		return r, 1, "a line has kind, name, version, path and type"
	}
	r.ref = Ref{Kind: words[0], Name: words[1]}
	version, err := strconv.Atoi(words[2])
	switch {
	case r.ref.Kind != Event && r.ref.Kind != Collection && r.ref.Kind != Job:
		return r, 1, fmt.Sprintf("unknown kind %s", words[0])
	case r.ref.Kind == Collection && words[2] != "-":
		return r, cols[2], fmt.Sprintf("a collection has version -, not %s", words[2])
	case r.ref.Kind != Collection && (err != nil || version < 1 || strconv.Itoa(version) != words[2]):
		return r, cols[2], fmt.Sprintf("%s is no version", words[2])
	}
	r.ref.Version = version
	if r.path, ok = parsePath(words[3]); !ok {
		return r, cols[3], fmt.Sprintf("%s is no path", words[3])
	}
	p := &typeParser{rest: words[4]}
	r.typ = p.typ(0)
	if r.typ != nil && p.rest == ",string" {
		r.quoted, p.rest = true, ""
	}
	if r.typ == nil || p.rest != "" {
		return r, cols[4], fmt.Sprintf("%s is no type", words[4])
	}
	r.refs = p.refs
	for i, attr := range words[5:] {
		if !r.attribute(attr) {
			return r, cols[5+i], fmt.Sprintf("unknown attribute %s", attr)
		}
	}
	return r, 0, ""
}

// attribute reads one word behind the type, and reports whether it could.
func (r *row) attribute(text string) bool {
	name, values, _ := strings.Cut(text, "=")
	switch {
	case text == "required" && len(r.path) > 0:
		r.required = true
		return true
	case text == "pii" && len(r.path) > 0:
		r.pii = true
		return true
	case text == "gone" && len(r.path) > 0 && r.ref.Kind != Collection:
		r.gone = true
		return true
	case name == "was" && len(r.path) > 0:
		for _, w := range split(values) {
			plain, ok := unword(w)
			if !ok || word(plain) != w {
				return false
			}
			r.was = append(r.was, plain)
		}
		return true
	case name == "default" && len(r.path) > 0 && r.ref.Kind != Collection:
		plain, ok := unword(values)
		r.preset = &plain
		return ok && word(plain) == values
	case name == "was" && r.ref.Kind != Collection:
		r.was = split(values)
		return !slices.Contains(r.was, "")
	case name == "when" && len(r.path) == 0:
		plain, ok := unword(values)
		r.when = plain
		return ok && word(plain) == values
	case name == "key" && len(r.path) == 0:
		if types, ok := strings.CutPrefix(values, "("); ok && strings.HasSuffix(types, ")") {
			r.keyTypes = split(strings.TrimSuffix(types, ")"))
			return !slices.ContainsFunc(r.keyTypes, func(t string) bool {
				p := &typeParser{rest: t}
				return p.typ(0) == nil || p.rest != "" || len(p.refs) > 0
			})
		}
		r.key = split(values)
		return !slices.ContainsFunc(r.key, func(k string) bool {
			_, ok := parsePath(k)
			return !ok
		})
	}
	return false
}

// columns splits a line at blanks that are not in quotes, and returns where its words begin.
func columns(text string) (words []string, cols []int, ok bool) {
	for rest, at := text, 1; rest != ""; {
		if rest[0] == ' ' {
			rest, at = rest[1:], at+1
			continue
		}
		n := until(rest, ' ')
		if n < 0 {
			return nil, nil, false
		}
		words, cols = append(words, rest[:n]), append(cols, at)
		rest, at = rest[n:], at+n
	}
	return words, cols, true
}

// split splits at commas that are not in quotes.
func split(text string) []string {
	var words []string
	for {
		n := until(text, ',')
		if n < 0 || n == len(text) {
			return append(words, text)
		}
		words, text = append(words, text[:n]), text[n+1:]
	}
}

// until returns where the first c stands that is not in quotes, the length of the text if there is
// none, and -1 if a quote does not end.
func until(text string, c byte) int {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case c:
			return i
		case '"':
			quoted, err := strconv.QuotedPrefix(text[i:])
			if err != nil {
				return -1
			}
			i += len(quoted) - 1
		}
	}
	return len(text)
}
