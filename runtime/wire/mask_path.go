package wire

import (
	"fmt"
	"strconv"
	"strings"
)

// at returns the value at a path, and the one that an @ at the path's end names.
func (m *Mask) at(path string) (at, same *masked) {
	at, rest := m.follow(path, path)
	if ref, ok := strings.CutPrefix(rest, "@"); ok {
		same, rest = m.follow(ref, path)
	}
	if rest != "" {
		badPath(path)
	}
	return at, same
}

// follow returns the value that text, a part of path, leads to, and what it leaves over.
func (m *Mask) follow(text, path string) (at *masked, rest string) {
	at = m.root
	if rest, ok := strings.CutPrefix(text, "."); ok {
		return at, rest
	}
	if text == "" || text[0] == '@' {
		badPath(path)
	}
	for first := true; text != "" && text[0] != '@'; first = false {
		if rest, ok := strings.CutPrefix(text, "[]"); ok {
			at, text = into(&at.element), rest
			continue
		}
		if rest, ok := strings.CutPrefix(text, "{}"); ok {
			at, text = into(&at.values), rest
			continue
		}
		if !first {
			rest, ok := strings.CutPrefix(text, ".")
			if !ok {
				badPath(path)
			}
			text = rest
		}
		var name string
		name, text = pathName(text, path)
		at = at.field(name)
	}
	return at, text
}

// pathName returns the name that text begins with, and the rest of it.
func pathName(text, path string) (name, rest string) {
	if quoted, err := strconv.QuotedPrefix(text); err == nil {
		if name, err = strconv.Unquote(quoted); err != nil {
			badPath(path)
		}
		return name, text[len(quoted):]
	}
	n := strings.IndexAny(text, `.[]{}@"`)
	if n < 0 {
		n = len(text)
	}
	if n == 0 {
		badPath(path)
	}
	return text[:n], text[n:]
}

func badPath(path string) { panic(fmt.Sprintf("wire: mask: path %q can't be read", path)) }

// into returns a part of a value, which may be new.
func into(part **masked) *masked {
	if *part == nil {
		*part = &masked{}
	}
	return *part
}

// field returns a member of m, which may be new.
func (m *masked) field(name string) *masked {
	for i, known := range m.names {
		if known == name {
			return m.fields[i]
		}
	}
	f := &masked{}
	m.names, m.fields = append(m.names, name), append(m.fields, f)
	return f
}
