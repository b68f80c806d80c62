package load

import "go/types"

// isComparable reports whether values of t can be compared with == and never panic.
func isComparable(t types.Type) bool { return comparableIn(t, map[types.Type]bool{}) }

// comparableIn is isComparable for a type within others; known tells which were found to be
// comparable, and which are being looked at.
func comparableIn(t types.Type, known map[types.Type]bool) bool {
	t = types.Unalias(t)
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return u.Kind() != types.Invalid && u.Kind() != types.UntypedNil
	case *types.Pointer, *types.Chan:
		return true
	case *types.Struct:
		if done, seen := known[t]; seen {
			return done // else a type that contains itself, which the compiler refuses
		}
		known[t] = false
		for v := range u.Fields() {
			if !comparableIn(v.Type(), known) {
				return false
			}
		}
		known[t] = true
		return true
	case *types.Array:
		if done, seen := known[t]; seen {
			return done
		}
		known[t] = false
		known[t] = comparableIn(u.Elem(), known)
		return known[t]
	}
	return false
}
