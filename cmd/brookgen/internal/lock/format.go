package lock

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The first line says what a lock is.
const (
	headStart = "# brook.lock, format "
	headEnd   = `: what stands in the log and in the store, written by brookgen. Keep it under version control; see "brookgen help lock".`
	format    = 1
)

// Format returns the text of a lock.
func (l *Lock) Format() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s%d%s\n", headStart, format, headEnd)
	for _, e := range l.Entries {
		w := &writer{Buffer: &b, start: e.Kind + " " + e.Name + " " + e.ref().version() + " "}
		if size(e.Root, nil, map[*Shape]int{}) > manyLines {
			w.written = map[*Shape]path{}
		}
		attrs := keyAttr(e) + list(" was=", nil, e.Was...) + list(" when=", word, e.When)
		w.line(nil, e.Root, nil, false, attrs)
	}
	return b.Bytes()
}

// writer writes one entry.
type writer struct {
	*bytes.Buffer
	start string // of each line
	// written are the structs that were written, and where. If it is not nil, a struct is written
	// once only; else it is written wherever it occurs, but for those that it is a part of.
	written map[*Shape]path
}

// An open shape is one that the present value is a part of, or the value itself.
type open struct {
	shape *Shape
	at    path
}

// manyLines is from how many lines on a struct that occurs again is not written again: it might
// become millions.
const manyLines = 2000

// size returns how many lines a shape takes if structs are written wherever they occur, or some
// number above manyLines.
func size(s *Shape, opens []*Shape, known map[*Shape]int) int {
	if n, ok := known[s]; ok || slices.Contains(opens, s) {
		return n
	}
	opens = append(slices.Clip(opens), s)
	n := 0
	if s.Elem != nil {
		n = size(s.Elem, opens, known)
	}
	for _, f := range s.Fields {
		if n > manyLines {
			break
		}
		n += 1 + size(f.Type, opens, known)
	}
	known[s] = n
	return n
}

// line writes the line of a value, and those of what it contains.
func (w *writer) line(at path, s *Shape, opens []open, quoted bool, attrs string) {
	text, inner, opens := w.describe(at, s, opens)
	if quoted {
		text += ",string"
	}
	w.WriteString(w.start + at.String() + " " + text + attrs + "\n")
	if inner == nil {
		return
	}
	below := opens[len(opens)-1].at
	if w.written != nil {
		w.written[inner] = below
	}
	for _, f := range inner.Fields {
		attrs := ""
		if f.Required {
			attrs = " required"
		}
		if f.Gone {
			attrs = " gone"
		}
		if f.PII {
			attrs += " pii"
		}
		attrs += list(" was=", word, f.Was...)
		if f.Default != nil {
			attrs += " default=" + word(*f.Default)
		}
		w.line(below.with(word(f.Name)), f.Type, opens, f.String, attrs)
	}
}

// describe returns a type as it is written; the struct that it ends with, if its fields are to
// follow; and what is open inside of it.
func (w *writer) describe(at path, s *Shape, opens []open) (string, *Shape, []open) {
	var b strings.Builder
	for {
		if s.Kind != Pointer {
			if known, ok := w.known(s, opens); ok {
				b.WriteString("@" + known.String())
				return b.String(), nil, opens
			}
			opens = append(slices.Clip(opens), open{s, at})
		}
		switch s.Kind {
		case Pointer:
			b.WriteByte('*')
		case Slice:
			b.WriteString("[]")
			at = at.with(element)
		case Array:
			b.WriteString("[" + strconv.Itoa(s.Len) + "]")
			at = at.with(element)
		case Map:
			b.WriteString("map[" + s.Key.String() + "]")
			at = at.with(value)
		case Bytes:
			b.WriteString("[]byte")
			return b.String(), nil, opens
		case Opaque:
			b.WriteString("opaque:" + typeName(s.Name))
			return b.String(), nil, opens
		case Struct:
			b.WriteString(s.Kind)
			return b.String(), s, opens
		default:
			b.WriteString(s.Kind)
			return b.String(), nil, opens
		}
		s = s.Elem
	}
}

// known returns where a shape is written that does not have to be written again.
func (w *writer) known(s *Shape, opens []open) (path, bool) {
	for _, o := range opens {
		if o.shape == s {
			return o.at, true
		}
	}
	at, ok := w.written[s]
	return at, ok
}

// String returns a type as it is written in a lock.
func (s *Shape) String() string {
	text, _, _ := new(writer).describe(nil, s, nil)
	return text
}

// typeName returns the name of a type as it is written.
func typeName(name string) string {
	if name == "" || strings.ContainsFunc(name, func(r rune) bool {
		return !strings.ContainsRune("_-./~+", r) && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
	}) {
		return strconv.Quote(name)
	}
	return name
}

func keyAttr(e *Entry) string {
	if len(e.KeyTypes) > 0 {
		return " key=(" + strings.Join(e.KeyTypes, ",") + ")"
	}
	return list(" key=", nil, e.Key...)
}

// list returns an attribute of several values, "" if there are none.
func list(name string, spell func(string) string, values ...string) string {
	var words []string
	for _, v := range values {
		if spell != nil && v != "" {
			v = spell(v)
		}
		if v != "" {
			words = append(words, v)
		}
	}
	if len(words) == 0 {
		return ""
	}
	return name + strings.Join(words, ",")
}
