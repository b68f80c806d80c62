package main

import (
	"bytes"
	"fmt"
	"go/format"
	"go/token"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/brookgen/brookgen/cmd/brookgen/internal/lock"
)

// oldType is the Go type of an earlier version of an event or a job.
type oldType struct {
	entry   *lock.Entry
	next    *present
	name    string
	names   map[*lock.Shape]string // of structs
	structs []*lock.Shape          // in the order in which they are declared
	imports map[string]bool
}

func newOldType(e *lock.Entry, next *present) *oldType {
	t := &oldType{entry: e, next: next, names: map[*lock.Shape]string{},
		imports: map[string]bool{"errors": true}}
	t.name = t.free(fmt.Sprintf("%sV%d", next.name, e.Version))
	t.names[e.Root] = t.name
	return t
}

// free returns a name that the package does not have, and takes it.
func (t *oldType) free(name string) string {
	for wanted, n := name, 2; t.next.taken[name]; n++ {
		name = wanted + "_" + strconv.Itoa(n)
	}
	t.next.taken[name] = true
	return name
}

// fileName is the name of the file: order_placed_v1.go.
func (t *oldType) fileName() string {
	name := strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return unicode.ToLower(r)
		}
		return '_'
	}, t.entry.Name)
	return fmt.Sprintf("%s_v%d.go", strings.TrimLeft(name, "_"), t.entry.Version)
}

// source returns the file: the type, its upcaster, and the structs in it.
func (t *oldType) source() ([]byte, error) {
	var types bytes.Buffer
	fmt.Fprintf(&types, "// %s is version %d of %s. It is only read.\n//\n//brook:%s %s version=%d",
		t.name, t.entry.Version, t.entry.Name, t.entry.Kind, t.entry.Name, t.entry.Version)
	if t.entry.When != "" {
		types.WriteString(" when=" + t.entry.When)
	}
	fmt.Fprintf(&types, "\ntype %s %s\n\n", t.name, t.underlying(t.entry.Root, t.name))
	fmt.Fprintf(&types, "// Upcast makes %s of it.\n//\n//brook:upcast\nfunc (o %s) Upcast() (next %s, err error) {\n"+
		"\treturn next, errors.New(%q)\n}\n", t.next.name, t.name, t.next.name,
		"what "+t.name+".Upcast returns is yet to be written")
	for i := 0; i < len(t.structs); i++ { // grows while it is written
		s := t.structs[i]
		fmt.Fprintf(&types, "\n// %s is a part of %s.\ntype %s %s\n", t.names[s], t.name, t.names[s],
			t.underlying(s, t.names[s]))
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "package %s\n\n", t.next.pkg)
	if len(t.imports) == 1 {
		b.WriteString("import \"errors\"\n\n")
	} else {
		b.WriteString("import (\n")
		for _, name := range slices.Sorted(maps.Keys(t.imports)) {
			fmt.Fprintf(&b, "\t%q\n", name)
		}
		b.WriteString(")\n\n")
	}
	b.Write(types.Bytes())
	return format.Source(b.Bytes())
}

// underlying writes what a declared type is made of.
func (t *oldType) underlying(s *lock.Shape, name string) string {
	if s.Kind != lock.Struct {
		return t.typ(s, name)
	}
	var b strings.Builder
	b.WriteString("struct {\n")
	fields := map[string]bool{}
	for _, f := range s.Fields {
		goName := goName(f.Name)
		for n := 2; fields[goName]; n++ {
			goName = goNameNumbered(f.Name, n)
		}
		fields[goName] = true
		typ := t.typ(f.Type, name+goName)
		fmt.Fprintf(&b, "\t%s %s %s\n", goName, typ, tag(f))
	}
	b.WriteString("}")
	return b.String()
}

// typ writes a type; structs in it are named after where they stand.
func (t *oldType) typ(s *lock.Shape, at string) string {
	switch s.Kind {
	case lock.Pointer:
		return "*" + t.typ(s.Elem, at)
	case lock.Slice:
		return "[]" + t.typ(s.Elem, at)
	case lock.Array:
		return fmt.Sprintf("[%d]%s", s.Len, t.typ(s.Elem, at))
	case lock.Map:
		return "map[" + t.typ(s.Key, at+"Key") + "]" + t.typ(s.Elem, at)
	case lock.Bytes:
		return "[]byte"
	case lock.Struct:
		if t.names[s] == "" {
			t.names[s] = t.free(at)
			t.structs = append(t.structs, s)
		}
		return t.names[s]
	case lock.Opaque:
		return t.opaque(s.Name)
	case "time":
		t.imports["time"] = true
		return "time.Time"
	case "number", "raw":
		t.imports["encoding/json"] = true
		return map[string]string{"number": "json.Number", "raw": "json.RawMessage"}[s.Kind]
	case "interface":
		return "any"
	}
	return s.Kind
}

// opaque writes a type that is read by methods of its own: its name if that can be written down,
// else its JSON.
func (t *oldType) opaque(name string) string {
	pkg, typ := "", name
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		pkg, typ = name[:i], name[i+1:]
	}
	if !token.IsIdentifier(typ) {
		t.imports["encoding/json"] = true
		return "json.RawMessage /* it was " + name + " */"
	}
	if pkg == "" {
		return typ
	}
	t.imports[pkg] = true
	return path.Base(pkg) + "." + typ
}

// tag writes the tag of a field.
func tag(f *lock.Field) string {
	name := f.Name
	if name == "-" {
		name = "-,"
	}
	if f.String {
		name += ",string"
	}
	text := "json:" + strconv.Quote(name)
	var words []string
	if f.Required {
		words = append(words, "required")
	}
	if f.PII {
		words = append(words, "pii")
	}
	for _, was := range f.Was {
		words = append(words, "was="+was)
	}
	if f.Default != nil { // last, as commas belong to it
		words = append(words, "default="+*f.Default)
	}
	if len(words) > 0 {
		text += " brook:" + strconv.Quote(strings.Join(words, ","))
	}
	if strings.Contains(text, "`") {
		return strconv.Quote(text)
	}
	return "`" + text + "`"
}

// goName makes the exported name of a field of a name on the wire: user_id becomes UserID.
func goName(wire string) string {
	var b strings.Builder
	for part := range strings.FieldsFuncSeq(wire, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}) {
		switch lower := strings.ToLower(part); lower {
		case "id", "url", "uri", "uuid", "json", "html", "http", "ip":
			b.WriteString(strings.ToUpper(part))
		default:
			runes := []rune(part)
			b.WriteRune(unicode.ToUpper(runes[0]))
			b.WriteString(string(runes[1:]))
		}
	}
	name := b.String()
	if !token.IsExported(name) || !token.IsIdentifier(name) {
		name = "Field" + name
	}
	return name
}

func goNameNumbered(wire string, n int) string { return goName(wire) + "_" + strconv.Itoa(n) }
