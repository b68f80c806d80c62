package brooktest

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/brookgen/brookgen/runtime/key"
)

// keyType encodes the keys of one type as generated code does.
type keyType struct {
	typ    reflect.Type
	leaves []keyLeaf
	fields []int // of a struct: how many leaves each field has
}

// keyLeaf is a part of a key: a string, an integer, a bool or an array of bytes.
type keyLeaf struct {
	index []int // from the key to the leaf
	typ   reflect.Type
}

// keyTypeOf analyses a key type, and returns an error if it can't be one.
func keyTypeOf(t reflect.Type) (*keyType, error) {
	k := &keyType{typ: t}
	if t.Kind() != reflect.Struct {
		return k, k.add(t, nil, t.String())
	}
	if t.NumField() == 0 {
		return nil, fmt.Errorf("%s can't be a key: it has no fields", t)
	}
	for i := range t.NumField() {
		before := len(k.leaves)
		if err := k.addField(t, []int{i}); err != nil {
			return nil, err
		}
		k.fields = append(k.fields, len(k.leaves)-before)
	}
	return k, nil
}

func (k *keyType) addField(parent reflect.Type, index []int) error {
	f := parent.Field(index[len(index)-1])
	if !f.IsExported() {
		return fmt.Errorf("%s can't be a key: its field %s is unexported", parent, f.Name)
	}
	return k.add(f.Type, index, f.Name+" of type "+f.Type.String())
}

func (k *keyType) add(t reflect.Type, index []int, name string) error {
	if _, ok := shapeOf(t); ok {
		k.leaves = append(k.leaves, keyLeaf{index, t})
		return nil
	}
	if t.Kind() != reflect.Struct || t.NumField() == 0 {
		return fmt.Errorf("%s can't be a key: keys are strings, integers, bools, [N]byte, and "+
			"structs of those", name)
	}
	for i := range t.NumField() {
		if err := k.addField(t, append(index[:len(index):len(index)], i)); err != nil {
			return err
		}
	}
	return nil
}

// shapeOf returns the word for a leaf in a key.Shape.
func shapeOf(t reflect.Type) (string, bool) {
	switch kind := t.Kind(); kind {
	case reflect.String, reflect.Bool, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return kind.String(), true
	case reflect.Int:
		return "int64", true
	case reflect.Uint, reflect.Uintptr:
		return "uint64", true
	case reflect.Array:
		return "bytes" + strconv.Itoa(t.Len()), t.Elem().Kind() == reflect.Uint8
	}
	return "", false
}

// of returns the leaf of a key.
func (l keyLeaf) of(k reflect.Value) reflect.Value {
	if len(l.index) == 0 {
		return k
	}
	return k.FieldByIndex(l.index)
}

func (k *keyType) shape() key.Shape {
	words := make([]string, len(k.leaves))
	for i, leaf := range k.leaves {
		words[i], _ = shapeOf(leaf.typ)
	}
	return key.Shape(strings.Join(words, " "))
}

func (k *keyType) append(dst []byte, v reflect.Value) []byte {
	for _, leaf := range k.leaves {
		dst = appendLeaf(dst, leaf.of(v))
	}
	return dst
}

func appendLeaf(dst []byte, v reflect.Value) []byte {
	switch v.Kind() {
	case reflect.String:
		return key.AppendString(dst, v.String())
	case reflect.Bool:
		return key.AppendBool(dst, v.Bool())
	case reflect.Int8:
		return key.AppendInt(dst, int8(v.Int()))
	case reflect.Int16:
		return key.AppendInt(dst, int16(v.Int()))
	case reflect.Int32:
		return key.AppendInt(dst, int32(v.Int()))
	case reflect.Int, reflect.Int64:
		return key.AppendInt(dst, v.Int())
	case reflect.Uint8:
		return key.AppendInt(dst, uint8(v.Uint()))
	case reflect.Uint16:
		return key.AppendInt(dst, uint16(v.Uint()))
	case reflect.Uint32:
		return key.AppendInt(dst, uint32(v.Uint()))
	case reflect.Array:
		for i := range v.Len() {
			dst = append(dst, byte(v.Index(i).Uint()))
		}
		return dst
	}
	return key.AppendInt(dst, v.Uint())
}

func (k *keyType) decode(encoded []byte, into reflect.Value) error {
	r := key.Read(encoded)
	for _, leaf := range k.leaves {
		readLeaf(&r, leaf.of(into))
	}
	return r.End()
}

func readLeaf(r *key.Reader, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(r.String())
	case reflect.Bool:
		v.SetBool(r.Bool())
	case reflect.Int8:
		v.SetInt(int64(key.ReadInt[int8](r)))
	case reflect.Int16:
		v.SetInt(int64(key.ReadInt[int16](r)))
	case reflect.Int32:
		v.SetInt(int64(key.ReadInt[int32](r)))
	case reflect.Int, reflect.Int64:
		v.SetInt(key.ReadInt[int64](r))
	case reflect.Uint8:
		v.SetUint(uint64(key.ReadInt[uint8](r)))
	case reflect.Uint16:
		v.SetUint(uint64(key.ReadInt[uint16](r)))
	case reflect.Uint32:
		v.SetUint(uint64(key.ReadInt[uint32](r)))
	case reflect.Array:
		b := make([]byte, v.Len())
		r.Bytes(b)
		for i := range b {
			v.Index(i).SetUint(uint64(b[i]))
		}
	default:
		v.SetUint(key.ReadInt[uint64](r))
	}
}
