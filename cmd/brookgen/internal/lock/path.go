package lock

import (
	"slices"
	"strconv"
	"strings"
)

// A path leads from a value to a part of it. Its elements are names of fields in quotes or without,
// as they are written, and the steps into elements of slices, arrays and maps.
type path []string

const (
	element = "[]" // of a slice or an array
	value   = "{}" // of a map
)

// word returns a name as it is written in a path.
func word(name string) string {
	for _, r := range name {
		if r != '_' && r != '-' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z') {
			return strconv.Quote(name)
		}
	}
	if name == "" || name == "-" {
		return strconv.Quote(name)
	}
	return name
}

func (p path) with(step string) path { return append(slices.Clip(p), step) }

// String is the path as it is written.
func (p path) String() string {
	if len(p) == 0 {
		return "."
	}
	var b strings.Builder
	for i, step := range p {
		if i > 0 && step != element && step != value {
			b.WriteByte('.')
		}
		b.WriteString(step)
	}
	return b.String()
}

// parsePath reads a path.
func parsePath(text string) (path, bool) {
	if text == "." {
		return nil, true
	}
	var p path
	for text != "" {
		if step := text[:min(2, len(text))]; step == element || step == value {
			p, text = append(p, step), text[2:]
			continue
		}
		if len(p) > 0 {
			rest, ok := strings.CutPrefix(text, ".")
			if !ok {
				return nil, false
			}
			text = rest
		}
		name := text
		if quoted, err := strconv.QuotedPrefix(text); err == nil {
			name = quoted
		} else if i := strings.IndexAny(text, ".[]{}\" ,="); i >= 0 {
			name = text[:i]
		}
		plain, ok := unword(name)
		if !ok || word(plain) != name {
			return nil, false
		}
		p, text = append(p, name), text[len(name):]
	}
	return p, len(p) > 0
}

// unword returns the name that a word of a path is.
func unword(text string) (string, bool) {
	if !strings.HasPrefix(text, `"`) {
		return text, text != ""
	}
	name, err := strconv.Unquote(text)
	return name, err == nil
}
