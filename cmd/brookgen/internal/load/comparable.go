package load

import "go/types"

// isComparable reports whether values of t can be compared with == and never panic.
func isComparable(t types.Type, depth int) bool {
	if depth > 100 {
		return false // a type that contains itself, which the compiler refuses
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return u.Kind() != types.Invalid && u.Kind() != types.UntypedNil
	case *types.Pointer, *types.Chan:
		return true
	case *types.Struct:
		for v := range u.Fields() {
			if !isComparable(v.Type(), depth+1) {
				return false
			}
		}
		return true
	case *types.Array:
		return isComparable(u.Elem(), depth+1)
	}
	return false
}
