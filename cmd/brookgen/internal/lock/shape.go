package lock

import "github.com/brookgen/brookgen/templates/model"

// Kinds of shapes that have elements, fields or a name. All others are called as they are written:
// bool, int8, time.
const (
	Struct  = "struct"
	Pointer = "pointer"
	Slice   = "slice"
	Array   = "array"
	Map     = "map"
	Bytes   = "bytes"
	Opaque  = "opaque"
)

// Shape is what values of a type look like. Shapes form a graph: a struct may contain itself.
type Shape struct {
	Kind   string
	Name   string   // of an Opaque: that of the type, behind its package's path unless it is the lock's own
	Len    int      // of an Array
	Key    *Shape   // of a Map
	Elem   *Shape   // of Pointer, Slice, Array and Map
	Fields []*Field // of a Struct, sorted by name
}

// Field is a field of a struct, by the name that it has on the wire.
type Field struct {
	Name     string
	Type     *Shape
	String   bool // in quotes, by the option "string" of its json tag
	Required bool
	PII      bool      // it is masked where people look
	Gone     bool      // it was removed, and events in the log have it still
	Was      []string  // names that it had before, and is read by too
	Default  *string   // the text of its value where it is absent; nil: Go's zero value
	Pos      model.Pos // in source, or in the lock; zero if the source was not loaded
	GoName   string    // "" in a lock that was read
}

// text is the type of a field as it is written.
func (f *Field) text() string {
	if f.String {
		return f.Type.String() + ",string"
	}
	return f.Type.String()
}

// basic are the kinds that are written as one word.
var basic = map[model.Kind]string{
	model.Bool: "bool", model.String: "string",
	model.Int: "int", model.Int8: "int8", model.Int16: "int16", model.Int32: "int32",
	model.Int64: "int64", model.Uint: "uint", model.Uint8: "uint8", model.Uint16: "uint16",
	model.Uint32: "uint32", model.Uint64: "uint64", model.Uintptr: "uintptr",
	model.Float32: "float32", model.Float64: "float64",
	model.Any: "any", model.Interface: "interface", model.Invalid: "interface",
	model.Time: "time", model.Number: "number", model.Raw: "raw",
}

// words are the values of basic.
var words = func() map[string]bool {
	all := map[string]bool{}
	for _, word := range basic {
		all[word] = true
	}
	return all
}()

// field returns the field of that name, or nil.
func (s *Shape) field(name string) *Field {
	for i := len(s.Fields) - 1; i >= 0; i-- { // in a lock that is being read it is among the last
		if s.Fields[i].Name == name {
			return s.Fields[i]
		}
	}
	return nil
}

// pointee returns what a pointer, or a pointer to one, points at, else the shape itself. Pointers
// end: one that does not is Opaque.
func (s *Shape) pointee() *Shape {
	for s.Kind == Pointer {
		s = s.Elem
	}
	return s
}
