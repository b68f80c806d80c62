package brooktest

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/brookgen/brookgen/runtime/wire"
)

// clone makes dst what a store would return for src: exported fields without json:"-", nil and
// empty apart, structs with hidden state through their marshallers.
func clone[V any](dst, src *V) error {
	var zero V
	*dst = zero
	return copyValue(reflect.ValueOf(dst).Elem(), reflect.ValueOf(src).Elem(),
		reflect.TypeFor[V]().String(), 0)
}

const maxDepth = 1000

var timeType = reflect.TypeFor[time.Time]()

// copyValue copies src into dst, which is zero.
func copyValue(dst, src reflect.Value, path string, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("%s: a cycle, or more than %d levels of nesting", path, maxDepth)
	}
	depth++
	t := src.Type()
	if t == timeType {
		dst.Set(reflect.ValueOf(wire.StoredTime(src.Interface().(time.Time))))
		return nil
	}
	switch t.Kind() {
	case reflect.Struct:
		return copyStruct(dst, src, path, depth)
	case reflect.Interface:
		return copyInterface(dst, src, path)
	case reflect.Array:
		for i := range src.Len() {
			if err := copyValue(dst.Index(i), src.Index(i), fmt.Sprintf("%s[%d]", path, i),
				depth); err != nil {
				return err
			}
		}
		return nil
	case reflect.Slice:
		if src.IsNil() {
			return nil
		}
		dst.Set(reflect.MakeSlice(t, src.Len(), src.Len()))
		for i := range src.Len() {
			if err := copyValue(dst.Index(i), src.Index(i), fmt.Sprintf("%s[%d]", path, i),
				depth); err != nil {
				return err
			}
		}
		return nil
	case reflect.Pointer:
		if src.IsNil() {
			return nil
		}
		dst.Set(reflect.New(t.Elem()))
		return copyValue(dst.Elem(), src.Elem(), path, depth)
	case reflect.Map:
		return copyMap(dst, src, path, depth)
	case reflect.Chan, reflect.Func, reflect.Complex64, reflect.Complex128, reflect.UnsafePointer:
		return fmt.Errorf("%s: %s can't be serialized", path, t)
	}
	dst.Set(src)
	return nil
}

func copyMap(dst, src reflect.Value, path string, depth int) error {
	if src.IsNil() {
		return nil
	}
	dst.Set(reflect.MakeMapWithSize(src.Type(), src.Len()))
	for at, from := range src.Seq2() {
		to := reflect.New(src.Type().Elem()).Elem()
		if err := copyValue(to, from, fmt.Sprintf("%s[%v]", path, at), depth); err != nil {
			return err
		}
		dst.SetMapIndex(at, to)
	}
	return nil
}

func copyInterface(dst, src reflect.Value, path string) error {
	if src.IsNil() {
		return nil
	}
	if src.NumMethod() > 0 {
		return fmt.Errorf("%s: interface %s can't be read back, as nobody could tell which type "+
			"was written", path, src.Type())
	}
	var c wire.Cloner
	from, to := src.Interface(), any(nil)
	c.Any(&to, &from)
	if err := c.Finish(); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if to != nil {
		dst.Set(reflect.ValueOf(to))
	}
	return nil
}

func copyStruct(dst, src reflect.Value, path string, depth int) error {
	t := src.Type()
	if by := marshallersOf(t); by != noMarshaller && src.CanInterface() &&
		losesState(t, map[reflect.Type]bool{}) {
		if err := by.copy(dst, src); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		return nil
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if !kept(f) || !f.IsExported() && f.Type.Kind() == reflect.Pointer {
			continue
		}
		if err := copyValue(dst.Field(i), src.Field(i), path+"."+f.Name, depth); err != nil {
			return err
		}
	}
	return nil
}

// kept reports whether stores keep a field: an exported one without json:"-", or an embedded
// struct, whose exported fields are promoted.
func kept(f reflect.StructField) bool {
	name, _, more := strings.Cut(f.Tag.Get("json"), ",")
	if name == "-" && !more {
		return false
	}
	t := f.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return f.IsExported() || f.Anonymous && t.Kind() == reflect.Struct
}
