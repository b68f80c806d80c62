package templates

import (
	"strconv"
	"strings"

	"github.com/brookgen/brookgen/templates/model"
)

// schema is the text of a type's shape, as pack.ParseSchema reads it.
func (n *names) schema(t *model.Type) string {
	s := &schemaWriter{names: n, uses: map[*model.Type]int{}, numbers: map[*model.Type]int{}}
	s.count(t)
	s.write(t)
	return s.String()
}

// schemaWriter writes a schema. Types that occur more than once are written where they occur first.
type schemaWriter struct {
	*names
	strings.Builder
	uses    map[*model.Type]int
	numbers map[*model.Type]int
}

// numbered reports whether a type is written once only.
func numbered(t *model.Type) bool {
	if _, basic := schemaWords[t.Kind]; basic {
		return false
	}
	return t.Named != nil && t.StoredBy() == "" ||
		t.Kind == model.Struct && len(t.Fields) > 0 && t.StoredBy() == ""
}

func (s *schemaWriter) count(t *model.Type) {
	if numbered(t) {
		if s.uses[t]++; s.uses[t] > 1 {
			return
		}
	}
	switch t.Kind {
	case model.Slice, model.Bytes, model.Array, model.Pointer:
		s.count(t.Elem)
	case model.Map:
		s.count(t.Key)
		s.count(t.Elem)
	case model.Struct:
		if t.StoredBy() == "" {
			for _, f := range t.StoredFields(s.pkg.Path) {
				s.count(f.Type)
			}
		}
	}
}

// schemaWords are the basic types.
var schemaWords = map[model.Kind]string{
	model.Bool: "bool", model.String: "string", model.Number: "number", model.Int: "int",
	model.Int8: "int8", model.Int16: "int16",
	model.Int32: "int32", model.Int64: "int64", model.Uint: "uint", model.Uint8: "uint8",
	model.Uint16: "uint16", model.Uint32: "uint32",
	model.Uint64: "uint64", model.Uintptr: "uintptr", model.Float32: "float32",
	model.Float64: "float64",
	model.Any:     "any", model.Time: "time", model.Raw: "raw", model.Interface: "interface",
	model.Invalid: "interface",
}

func (s *schemaWriter) write(t *model.Type) {
	if word, basic := schemaWords[t.Kind]; basic {
		s.WriteString(word)
		return
	}
	if s.uses[t] > 1 {
		number, known := s.numbers[t]
		if !known {
			number = len(s.numbers) + 1
			s.numbers[t] = number
		}
		s.WriteString("@" + strconv.Itoa(number))
		if known {
			return
		}
		s.WriteByte('=')
	}
	switch t.Kind {
	case model.Pointer:
		s.WriteByte('*')
		s.write(t.Elem)
	case model.Slice, model.Bytes:
		s.WriteString("[]")
		s.write(t.Elem)
	case model.Array:
		s.WriteString("[" + strconv.Itoa(t.Len) + "]")
		s.write(t.Elem)
	case model.Map:
		s.WriteString("map[")
		s.write(t.Key)
		s.WriteByte(']')
		s.write(t.Elem)
	case model.Struct:
		if by := t.StoredBy(); by != "" {
			s.WriteString(strings.ToLower(by))
			return
		}
		s.fields(t)
	}
}

func (s *schemaWriter) fields(t *model.Type) {
	s.WriteByte('{')
	taken := map[string]bool{}
	for i, f := range t.StoredFields(s.pkg.Path) {
		if i > 0 {
			s.WriteByte(',')
		}
		name := f.StoredName()
		for taken[name] { // an embedded struct that is called as a field is on the wire
			name += "'"
		}
		taken[name] = true
		switch odd := strings.ContainsFunc(name, isOdd); {
		case f.Promotes():
			name = "~" + strings.Map(func(r rune) rune {
				if isOdd(r) {
					return '_'
				}
				return r
			}, name)
		case odd || f.Type.Pointee().StoredByFields():
			name = strconv.Quote(name) // without quotes it might be an embedded struct of old
		}
		s.WriteString(name)
		for _, old := range f.Was {
			if strings.ContainsFunc(old, isOdd) {
				old = strconv.Quote(old)
			}
			s.WriteString("=" + old)
		}
		s.WriteString(" ")
		s.write(f.Type)
	}
	s.WriteByte('}')
}

func isOdd(r rune) bool {
	return r != '_' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
}
