package wire

import (
	"fmt"
	"strconv"
	"strings"
)

// add adds what a path says.
func (m *Mask) add(path string) {
	at, rest := m.follow(path, path)
	if rest == "" {
		at.whole = true
		return
	}
	text := rest[1:]
	if rest[0] == '@' {
		same, rest := m.follow(text, path)
		if rest != "" {
			badPath(path)
		}
		at.same = append(at.same, same)
		return
	}
	if rest[0] != '=' {
		badPath(path)
	}
	at.closed = true
	for more := text != ""; more; {
		var name string
		name, text = pathName(text, path)
		at.field(name)
		if text, more = strings.CutPrefix(text, ","); !more && text != "" {
			badPath(path)
		}
	}
}

// follow returns the value that text, a part of path, leads to, and what it leaves over.
func (m *Mask) follow(text, path string) (at *masked, rest string) {
	at = m.root
	if rest, ok := strings.CutPrefix(text, "."); ok {
		return at, rest
	}
	if text == "" || isPathEnd(text[0]) {
		badPath(path)
	}
	for first := true; text != "" && !isPathEnd(text[0]); first = false {
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

// isPathEnd reports whether c is behind the names of a path.
func isPathEnd(c byte) bool { return c == '@' || c == '=' }

// pathName returns the name that text begins with, and the rest of it.
func pathName(text, path string) (name, rest string) {
	if quoted, err := strconv.QuotedPrefix(text); err == nil {
		if name, err = strconv.Unquote(quoted); err != nil {
			badPath(path)
		}
		return name, text[len(quoted):]
	}
	n := strings.IndexAny(text, `.[]{}@=,"`)
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
