package wire

import "reflect"

// IsZero is for the omitzero option on types for which nothing simpler will do: it reports whether
// *p is the zero value, by reflection.
func IsZero[T any](p *T) bool { return reflect.ValueOf(p).Elem().IsZero() }

// IsZeroInterface is for omitzero on interfaces that have an IsZero method: nil, a nil pointer, or
// a value whose IsZero returns true.
func IsZeroInterface(v interface{ IsZero() bool }) bool {
	if v == nil {
		return true
	}
	if r := reflect.ValueOf(v); r.Kind() == reflect.Pointer && r.IsNil() {
		return true
	}
	return v.IsZero()
}
