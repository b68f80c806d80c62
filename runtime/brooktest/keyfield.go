package brooktest

import "reflect"

// keyField is the field of V that carries its key, nil if none is tagged so.
type keyField[K comparable, V any] []int

func keyFieldOf[K comparable, V any]() keyField[K, V] {
	var found keyField[K, V]
	for _, f := range taggedFields(reflect.TypeFor[V](), "key") {
		if found != nil || f.Type != reflect.TypeFor[K]() {
			return nil
		}
		found = f.Index
	}
	return found
}

// fill sets the field if it is zero.
func (f keyField[K, V]) fill(row *V, key K) {
	if f == nil {
		return
	}
	if at, err := reflect.ValueOf(row).Elem().FieldByIndexErr(f); err == nil && at.IsZero() &&
		at.CanSet() {
		at.Set(reflect.ValueOf(key))
	}
}
