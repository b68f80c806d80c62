package brooktest

import (
	"encoding"
	"encoding/json"
	"reflect"
)

// marshaller is a pair of methods that a struct is stored through.
type marshaller int

const (
	noMarshaller marshaller = iota
	textMarshaller
	binaryMarshaller
	jsonMarshaller
)

func marshallersOf(t reflect.Type) marshaller {
	p := reflect.PointerTo(t)
	has := func(write, read reflect.Type) bool { return p.Implements(write) && p.Implements(read) }
	switch {
	case t.Kind() != reflect.Struct:
	case has(reflect.TypeFor[encoding.TextMarshaler](),
		reflect.TypeFor[encoding.TextUnmarshaler]()):
		return textMarshaller
	case has(reflect.TypeFor[encoding.BinaryMarshaler](),
		reflect.TypeFor[encoding.BinaryUnmarshaler]()):
		return binaryMarshaller
	case has(reflect.TypeFor[json.Marshaler](), reflect.TypeFor[json.Unmarshaler]()):
		return jsonMarshaller
	}
	return noMarshaller
}

func (m marshaller) copy(dst, src reflect.Value) error {
	from := reflect.New(src.Type())
	from.Elem().Set(src)
	read := dst.Addr().Interface()
	var b []byte
	var err error
	switch write := from.Interface(); m {
	case textMarshaller:
		if b, err = write.(encoding.TextMarshaler).MarshalText(); err == nil {
			err = read.(encoding.TextUnmarshaler).UnmarshalText(b)
		}
	case binaryMarshaller:
		if b, err = write.(encoding.BinaryMarshaler).MarshalBinary(); err == nil {
			err = read.(encoding.BinaryUnmarshaler).UnmarshalBinary(b)
		}
	default:
		if b, err = write.(json.Marshaler).MarshalJSON(); err == nil {
			err = read.(json.Unmarshaler).UnmarshalJSON(b)
		}
	}
	return err
}

// losesState reports whether a copy by fields would lose the unexported fields of t, or of a type
// in it that has no marshaller.
func losesState(t reflect.Type, seen map[reflect.Type]bool) bool {
	if t == timeType || seen[t] || len(seen) > 0 && marshallersOf(t) != noMarshaller {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return losesState(t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			switch {
			case f.Tag.Get("json") == "-" || f.Name == "_":
			case !kept(f), losesState(f.Type, seen):
				return true
			}
		}
	}
	return false
}
