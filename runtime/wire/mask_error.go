package wire

import (
	"errors"
	"slices"
	"strings"
)

// Error returns e, the error of decoding data, without what m masks: the values that it found and
// the names below them. Of data that is no JSON it names no value at all.
func (m *Mask) Error(data []byte, e *Error) *Error {
	safe := *e
	if len(e.Missing) > 0 {
		safe.Missing = nil
		for _, at := range e.missing {
			path := m.missing(data, at)
			if !slices.Contains(safe.Missing, path) {
				safe.Missing = append(safe.Missing, path)
			}
		}
		return &safe
	}
	w := &walker{data: data}
	w.pathAt(e.Offset)
	open, hidden := m.cut(w.open)
	sound := NewDecoder(data)
	sound.Skip()
	if sound.Finish() != nil {
		hidden = true
	}
	safe.Path = render(open)
	if !hidden {
		return &safe
	}
	if e.Err != nil {
		safe.Err = errMasked
	} else {
		safe.Found = kindOf(e.Found)
	}
	return &safe
}

// errMasked stands for what a type's own method says of a value that is masked.
var errMasked = errors.New("the value can't be read (what is wrong is not shown, as it is pii)")

// missing returns the path of a required field that is missing, as far as it is not masked.
func (m *Mask) missing(data []byte, at missing) string {
	w := &walker{data: data}
	w.pathAt(at.end)
	open := w.open[:max(len(w.open)-1, 0)]
	shown, _ := m.cut(open)
	path := render(shown)
	if len(shown) < len(open) {
		return path
	}
	if path != "" {
		path += "."
	}
	return path + at.name
}

// cut returns the levels of a path down to the first one that is masked as a whole, and whether the
// value that the path leads to is one of which something is masked.
func (m *Mask) cut(open []level) (shown []level, hidden bool) {
	at := m.root.and(nil)
	for i, l := range open {
		if slices.ContainsFunc(at, func(m *masked) bool { return m.whole }) {
			return open[:i], true
		}
		switch {
		case l.array:
			at = elementsOf(at)
		case l.key != nil:
			at = membersOf(at, Unquote(l.key))
		}
	}
	return open, len(at) > 0
}

// kindOf returns an Error.Found without the value.
func kindOf(found string) string {
	switch {
	case strings.HasPrefix(found, "string "):
		return "a string"
	case strings.HasPrefix(found, "number "):
		return "a number"
	case found == "true", found == "false":
		return "a boolean"
	case found == "an object", found == "an array", found == "the end of the data":
		return found
	}
	return "something else"
}
