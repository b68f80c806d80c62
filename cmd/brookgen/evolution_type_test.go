package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// A typ is a type in an evolution. It is the test's own notion, which knows nothing of the lock's.
type typ struct {
	kind   string // as in Go, or struct, ptr, slice, array, map
	key    string // of a map
	n      int    // of an array
	elem   *typ
	name   string // of a struct
	fields []*member
}

// A member is a field of a struct. Whatever happens to it, its id stays.
type member struct {
	id                          int
	goName, wire                string
	typ                         *typ
	was                         []string
	preset                      string // default=
	quoted, required, omitempty bool
	key, embedded               bool
}

var scalars = []string{
	"bool", "int8", "int16", "int32", "int64", "int", "uint8", "uint16", "uint32", "uint64", "float32", "float64",
	"string", "string", "[]byte", "time.Time", "json.Number", "json.RawMessage", "any",
}

func (t *typ) integer() bool {
	return strings.HasPrefix(t.kind, "int") || strings.HasPrefix(t.kind, "uint")
}

func (t *typ) pointee() *typ {
	for t.kind == "ptr" {
		t = t.elem
	}
	return t
}

// source is how a type is written in Go.
func (t *typ) source() string {
	switch t.kind {
	case "struct":
		return t.name
	case "ptr":
		return "*" + t.elem.source()
	case "slice":
		return "[]" + t.elem.source()
	case "array":
		return fmt.Sprintf("[%d]%s", t.n, t.elem.source())
	case "map":
		return "map[" + t.key + "]" + t.elem.source()
	}
	return t.kind
}

// structs are the structs in a type.
func (t *typ) structs() (all []*typ) {
	var walk func(t *typ)
	walk = func(t *typ) {
		if t.elem != nil {
			walk(t.elem)
		}
		if t.kind == "struct" && !slices.Contains(all, t) {
			all = append(all, t)
			for _, f := range t.fields {
				walk(f.typ)
			}
		}
	}
	walk(t)
	return all
}

// wireFields are the fields of a struct with those of structs that it embeds.
func (t *typ) wireFields() (all []*member) {
	for _, f := range t.fields {
		if f.embedded {
			all = append(all, f.typ.wireFields()...)
		} else {
			all = append(all, f)
		}
	}
	return all
}

func (t *typ) keys() (all []*member) {
	for _, f := range t.wireFields() {
		if f.key {
			all = append(all, f)
		}
	}
	return all
}

// endless reports whether a value of the type would contain itself. Open are the structs that it
// stands in.
func (t *typ) endless(open []*typ) bool {
	switch t.kind {
	case "array":
		return t.elem.endless(open)
	case "struct":
		return slices.Contains(open, t) || slices.ContainsFunc(t.fields, func(f *member) bool {
			return f.typ.endless(append(slices.Clip(open), t))
		})
	}
	return false
}

// clone copies a type, with the same structs in it wherever one occurs.
func (t *typ) clone(known map[*typ]*typ) *typ {
	if t == nil || known[t] != nil {
		return known[t]
	}
	c := *t
	known[t] = &c
	c.elem = t.elem.clone(known)
	c.fields = nil
	for _, f := range t.fields {
		g := *f
		g.typ = f.typ.clone(known)
		c.fields = append(c.fields, &g)
	}
	return &c
}

func (f *member) source() string {
	if f.embedded {
		return f.typ.name
	}
	tag := f.wire
	if f.omitempty {
		tag += ",omitempty"
	}
	if f.quoted {
		tag += ",string"
	}
	var options []string
	if f.key {
		options = append(options, "key")
	}
	if f.required {
		options = append(options, "required")
	}
	for _, was := range f.was {
		options = append(options, "was="+was)
	}
	if f.preset != "" {
		options = append(options, "default="+strings.Trim(f.preset, `"`))
	}
	text := fmt.Sprintf("%s %s `json:%q", f.goName, f.typ.source(), tag)
	if len(options) > 0 {
		text += fmt.Sprintf(" brook:%q", strings.Join(options, ","))
	}
	return text + "`"
}

// presets are two defaults of each kind that can have one.
var presets = map[string][2]string{
	"string": {`"none"`, `"other"`}, "bool": {"true", "false"}, "int8": {"-7", "0"},
	"int32": {"12", "13"}, "uint16": {"9", "8"}, "int64": {"-1", "1"}, "float64": {"1.5", "1.25"},
}

// presets reports whether a field may have a default.
func (f *member) presets() bool {
	return presets[f.typ.kind][0] != "" && !f.required && !f.key && !f.omitempty && !f.quoted
}

// An author makes types up.
type author struct {
	*rand.Rand
	prefix string // of the names of structs
	ids    int    // of fields
	names  int    // of structs
	made   []*typ
}

func (a *author) chance(percent int) bool { return a.IntN(100) < percent }

var nouns = []string{"amount", "city", "owner", "lines", "weight", "note", "stamp", "zone", "grade", "parts"}

func (a *author) member(depth int) *member {
	f := a.nameless()
	f.typ = a.typ(depth)
	f.quoted = f.typ.integer() && a.chance(20)
	f.omitempty = a.chance(15)
	f.required = !f.omitempty && f.typ.pointee().kind != "struct" && a.chance(15) // else it might never end
	if f.presets() && a.chance(30) {
		f.preset = presets[f.typ.kind][0]
	}
	return f
}

// nameless returns a field without a type, under names that no other has.
func (a *author) nameless() *member {
	a.ids++
	noun := nouns[a.IntN(len(nouns))]
	return &member{
		id: a.ids, wire: fmt.Sprintf("%s%d", noun, a.ids),
		goName: fmt.Sprintf("%s%d", strings.ToUpper(noun[:1])+noun[1:], a.ids),
	}
}

// typ makes a type up, of structs within structs down to a depth.
func (a *author) typ(depth int) *typ {
	switch n := a.IntN(20); {
	case n == 0 && len(a.made) > 0 && depth > 0: // it may contain itself
		return &typ{kind: []string{"ptr", "slice"}[a.IntN(2)], elem: a.made[a.IntN(len(a.made))]}
	case n < 3 && depth > 0:
		return a.structure(depth - 1)
	case n < 5:
		return &typ{kind: "ptr", elem: a.typ(depth)}
	case n < 7:
		return list(&typ{kind: "slice", elem: a.typ(depth)})
	case n == 7:
		return &typ{kind: "array", n: 1 + a.IntN(3), elem: a.typ(depth)}
	case n == 8:
		return &typ{kind: "map", key: []string{"string", "int8", "int64"}[a.IntN(3)], elem: a.typ(depth)}
	}
	return &typ{kind: scalars[a.IntN(len(scalars))]}
}

// list is a slice, or text if it is one of bytes.
func list(t *typ) *typ {
	if t.elem.kind == "uint8" {
		return &typ{kind: "[]byte"}
	}
	return t
}

// named returns a struct without fields, with a name that no other has.
func (a *author) named() *typ {
	a.names++
	return &typ{kind: "struct", name: fmt.Sprintf("%sS%d", a.prefix, a.names)}
}

func (a *author) structure(depth int) *typ {
	t := a.named()
	a.made = append(a.made, t)
	for range 2 + a.IntN(3) {
		t.fields = append(t.fields, a.member(depth))
	}
	return t
}

// event makes an event's struct up.
func (a *author) event() *typ {
	t := a.structure(2)
	if a.chance(30) {
		f := a.nameless()
		inner := a.named()
		f.typ, f.embedded = inner, true
		inner.fields = append(inner.fields, a.member(1), a.member(0))
		a.made = append(a.made, inner) // after its fields, so that no path of embedded structs has it twice
		t.fields = append(t.fields, f)
	}
	for range a.IntN(3) {
		f := a.nameless()
		f.typ = &typ{kind: []string{"string", "int32", "uint16"}[a.IntN(3)]}
		f.key = len(t.keys()) == 0 && a.chance(70)
		t.fields = append(t.fields, f)
	}
	return t
}
