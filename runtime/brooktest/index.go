package brooktest

import (
	"fmt"
	"reflect"
	"strings"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/typed"
	"github.com/brookgen/brookgen/runtime/key"
)

// Index returns an index of rows, as [View] returns a view. The type I chooses which one,
// as in a handler's signature: the field of V tagged brook:"index" or brook:"unique" whose
// type is I, *I or []I.
//
//	byEmail := brooktest.Index[shop.Email](map[string]shop.User{…})
//
// If several fields are of type I, name one. Zero values and nil are not indexed. Index panics if
// there is no such field, or if two rows have the same value of a unique field.
func Index[I comparable, K comparable, V any](rows map[K]V, field ...string) brook.Index[I, K, V] {
	x, err := newIndex[I](rows, field)
	if err != nil {
		panic(fmt.Sprintf("brooktest: Index: %v", err))
	}
	return x
}

func newIndex[I comparable, K comparable, V any](rows map[K]V,
	field []string) (x typed.Index[I, K, V], err error) {
	f, err := indexedField(reflect.TypeFor[V](), reflect.TypeFor[I](), field)
	if err != nil {
		return x, err
	}
	k, err := keyTypeOf(reflect.TypeFor[I]())
	if err != nil {
		return x, fmt.Errorf("field %s: %w", f.Name, err)
	}
	t, err := newTable(rows)
	if err != nil {
		return x, err
	}
	if err := t.grow(); err != nil {
		return x, err
	}
	def := typed.IndexDef[V]{Field: f.Name, Shape: k.shape(), Unique: hasWord(f, "unique"),
		Entries: func(v *V, e *brook.Entries) {
			for _, value := range valuesOf(reflect.ValueOf(v).Elem(), f) {
				e.Add(k.append(e.Bytes(), value))
			}
		}}
	t.def.Indexes = []typed.IndexDef[V]{def}
	holders := map[string]string{}
	for _, w := range t.batch.Writes {
		var entries brook.Entries
		def.Entries(w.Value.(*V), &entries)
		for value := range entries.All {
			row := text(t.def.Shape, w.Key)
			if other, taken := holders[string(value)]; taken && other != row && def.Unique {
				err = fmt.Errorf("rows %q and %q have the same %s, which is unique",
					min(row, other), max(row, other), f.Name)
			}
			holders[string(value)] = row
			t.put(1, append(value[:len(value):len(value)], w.Key...), []byte{})
		}
	}
	if err != nil {
		return x, err
	}
	v, err := t.view()
	return typed.IndexOf(v, 0, func(dst []byte, value I) []byte {
		return k.append(dst, reflect.ValueOf(value))
	}), err
}

// indexedField returns the indexed field of values with a type, or with a name.
func indexedField(values, asked reflect.Type, name []string) (reflect.StructField, error) {
	var found []reflect.StructField
	var all []string
	for _, f := range taggedFields(values, "index", "unique") {
		t := f.Type
		all = append(all, f.Name+" ("+t.String()+")")
		if k := t.Kind(); k == reflect.Pointer || k == reflect.Slice {
			t = t.Elem()
		}
		if t == asked && (len(name) == 0 || name[0] == f.Name) {
			found = append(found, f)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return found[0], fmt.Errorf("%s has indexed fields %s and %s of type %s: name one", values,
			found[0].Name, found[1].Name, asked)
	case len(all) == 0:
		return reflect.StructField{},
			fmt.Errorf("%s has no field tagged brook:\"index\" or brook:\"unique\"", values)
	}
	return reflect.StructField{}, fmt.Errorf("%s has no indexed field of type %s; it has %s",
		values, asked, strings.Join(append(name, all...), ", "))
}

// valuesOf returns the values under which a row is found.
func valuesOf(row reflect.Value, f reflect.StructField) (values []reflect.Value) {
	v, err := row.FieldByIndexErr(f.Index)
	if err != nil {
		return nil // behind a nil pointer
	}
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			values = append(values, v.Index(i))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			values = []reflect.Value{v.Elem()}
		}
	default:
		values = []reflect.Value{v}
	}
	indexed := values[:0]
	for _, v := range values {
		if !v.IsZero() {
			indexed = append(indexed, v)
		}
	}
	return indexed
}

func text(shape key.Shape, encoded []byte) string {
	b, err := shape.Text(nil, encoded)
	if err != nil {
		return string(encoded)
	}
	return string(b)
}
