package model

import (
	"reflect"
	"strings"
)

// Stores keep a value as what its JSON would hold, but by fields wherever these tell all of it.

// StoredBy returns by which methods a struct is stored whose fields do not tell all of its state:
// Text, Binary or JSON; "" if fields will do, or there are no such methods.
func (t *Type) StoredBy() string {
	by := t.marshallers()
	if by == "" || !t.losesState(map[*Type]bool{}) {
		return ""
	}
	return by
}

// marshallers returns which pair of methods a struct has.
func (t *Type) marshallers() string {
	m := t.Methods
	switch {
	case t.Kind != Struct:
	case m.MarshalText != None && m.UnmarshalText != None:
		return "Text"
	case m.MarshalBinary != None && m.UnmarshalBinary != None:
		return "Binary"
	case m.MarshalJSON != None && m.UnmarshalJSON != None:
		return "JSON"
	}
	return ""
}

// losesState reports whether a copy by fields would lose what unexported fields hold, of t or of a
// type in it that has no marshaller.
func (t *Type) losesState(seen map[*Type]bool) bool {
	if t != nil && t.Hidden {
		return true // a copy by fields can't be written
	}
	if t == nil || t.Kind == Time || seen[t] || len(seen) > 0 && t.marshallers() != "" {
		return false
	}
	seen[t] = true
	if t.Kind != Struct {
		return t.Elem.losesState(seen)
	}
	for _, f := range t.Fields {
		switch {
		case f.Skip || f.Name == "_":
		case !f.Stored(), f.Type.losesState(seen):
			return true
		}
	}
	return false
}

// StoredFields returns the fields of a struct that stores keep, for the package of path home: those
// that the copy of a value has too.
func (t *Type) StoredFields(home string) []Field {
	var fields []Field
	for _, f := range t.Fields {
		if f.Name != "_" && f.Stored() &&
			(f.Exported || t.Named == nil || t.Named.PkgPath == home) {
			fields = append(fields, f)
		}
	}
	return fields
}

// Stored reports whether stores keep a field: an exported one without json:"-", or an embedded
// struct, whose exported fields are promoted.
func (f Field) Stored() bool {
	return !f.Skip && (f.Exported || f.embeddedStruct())
}

func (f Field) embeddedStruct() bool {
	t := f.Type
	if t.Kind == Pointer && t.Elem != nil {
		t = t.Elem
	}
	return f.Embedded && t.Kind == Struct
}

// Promotes reports whether a field is an embedded struct whose fields are on the wire, and in the
// store, as if they were the outer one's own.
func (f Field) Promotes() bool {
	name, _, _ := strings.Cut(reflect.StructTag(f.Tag).Get("json"), ",")
	return f.Embedded && name == "" && f.Type.Pointee().StoredByFields()
}

// StoredByFields reports whether t is a struct that stores keep by its fields.
func (t *Type) StoredByFields() bool { return t.Kind == Struct && t.StoredBy() == "" }

// Pointee returns what a pointer without a name points at, else the type itself.
func (t *Type) Pointee() *Type {
	if t.Kind == Pointer && t.Named == nil && t.Elem != nil {
		return t.Elem
	}
	return t
}

// StoredName returns the name in a field's json tag, else its own.
func (f Field) StoredName() string {
	name, _, _ := strings.Cut(reflect.StructTag(f.Tag).Get("json"), ",")
	if name == "" {
		return f.Name
	}
	return name
}
