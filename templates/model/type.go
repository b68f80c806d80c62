package model

// Kind classes types by how they are serialized.
type Kind uint8

// The kinds of types. Time to Any are recognised by identity or shape before their underlying
// type is looked at.
const (
	Invalid Kind = iota
	Bool
	Int
	Int8
	Int16
	Int32
	Int64
	Uint
	Uint8
	Uint16
	Uint32
	Uint64
	Uintptr
	Float32
	Float64
	String
	Struct
	Pointer
	Slice // Bytes where encoding/json would write base64
	Bytes // a slice whose element's kind is Uint8 and whose element has no marshaller of its own
	Array
	Map
	Any       // an interface without methods
	Interface // an interface with methods: can be written where it is a marshaller, never read
	Time      // time.Time itself
	Number    // json.Number itself
	Raw       // json.RawMessage itself
)

// Type is a Go type as the templates need it. Types form a graph that may have cycles, always
// through a defined type; there is one *Type per distinct Go type in a package, so identity
// of pointers is identity of types.
type Type struct {
	Kind  Kind
	Named *Named // nil for types without a name, such as []string; set for time.Time and the like
	Len   int    // of an Array
	Elem  *Type  // of Pointer, Slice, Bytes, Array, Map
	Key   *Type  // of a Map

	Fields []Field     // of a Struct: its own fields, in order, exported or not
	JSON   []JSONField // of a Struct: what encoding/json reads and writes, in its order

	Methods Methods
	// Comparable: values can be compared with == and without a panic.
	Comparable bool
	// Zero is how the zero value is tested for omitzero where there is an IsZero method.
	Zero Method
	// Hidden: code of this package can't name it, or what it is made of, as it is unexported in
	// another package or declared in an internal one.
	Hidden bool
	// Source is a type without a name that is only named, piece by piece. Such a type has neither
	// Elem, Key nor Fields.
	Source []Fragment
	// Expr is the type as Go source with full import paths instead of package names, unique per type.
	Expr string
}

// Fragment is a piece of a type as Go source: text, or a type that has a name.
type Fragment struct {
	Text string
	Type *Type // nil: Text
}

// Named is the name of a defined or basic type.
type Named struct {
	PkgPath string // "" for predeclared types (string, int64) as such
	PkgName string
	Name    string
	Args    []*Type // type arguments
	Pos     Pos     // where it is declared, when that is in source that was loaded
}

// Method tells whether a type has a method, and on which receiver.
type Method uint8

// What a Method can be.
const (
	None      Method = iota
	OnValue          // in the method set of T
	OnPointer        // only in that of *T
)

// Methods are the marshallers that a type has. Promoted ones count, as they do for encoding/json.
type Methods struct {
	MarshalJSON, UnmarshalJSON     Method
	MarshalText, UnmarshalText     Method
	MarshalBinary, UnmarshalBinary Method
}

// Field is a field of a struct type as it is declared.
type Field struct {
	Pos
	Name string // for an embedded field the type's name
	// Type, where the field is unexported or skipped, may have neither elements nor fields: such a
	// field is never written or read.
	Type     *Type
	Tag      string // the whole tag, unquoted
	Exported bool
	Embedded bool
	Skip     bool     // json:"-"
	Required bool     // brook:"required"
	Was      []string // brook:"was=…": the wire names that it had, in the order of the tag
	Default  *string  // brook:"default=…": the text, which fits the type; nil: none
	PII      bool     // brook:"pii"
}

// JSONField is a field as encoding/json sees it, after promotion and shadowing.
type JSONField struct {
	Pos
	Name      string     // on the wire
	Path      []PathStep // selectors from the struct; more than one through embedded structs
	Type      *Type
	OmitEmpty bool
	OmitZero  bool
	String    bool // the string option, only where encoding/json heeds it
	Required  bool
	Was       []string // old wire names, read where Name is absent, the first of them first
	Default   *string  // the text of its value where it is absent; nil: Go's zero value
	PII       bool     // it, or an embedded struct on its path, is tagged so
}
