package load

import (
	"go/types"

	"github.com/brookgen/brookgen/templates/model"
)

// methodsOf tells which marshallers t has, its own or promoted.
func methodsOf(t types.Type) model.Methods {
	m := model.Methods{
		MarshalJSON:     method(t, "MarshalJSON", isMarshal),
		UnmarshalJSON:   method(t, "UnmarshalJSON", isUnmarshal),
		MarshalText:     method(t, "MarshalText", isMarshal),
		UnmarshalText:   method(t, "UnmarshalText", isUnmarshal),
		MarshalBinary:   method(t, "MarshalBinary", isMarshal),
		UnmarshalBinary: method(t, "UnmarshalBinary", isUnmarshal),
	}
	if structOf(t) != nil && !isPointer(t) {
		dropInherited(t, &m)
	}
	return m
}

// method tells whether t has a method of that name and signature.
func method(t types.Type, name string, is func(*types.Signature) bool) model.Method {
	obj, _, indirect := types.LookupFieldOrMethod(t, false, nil, name)
	fn, ok := obj.(*types.Func)
	if ok {
		if is(fn.Signature()) {
			return model.OnValue
		}
		return model.None
	}
	if obj != nil || !indirect || types.IsInterface(t) {
		return model.None
	}
	obj, _, _ = types.LookupFieldOrMethod(t, true, nil, name)
	if fn, ok := obj.(*types.Func); ok && is(fn.Signature()) {
		return model.OnPointer
	}
	return model.None
}

// isMarshal: func() ([]byte, error)
func isMarshal(s *types.Signature) bool {
	return s.Params().Len() == 0 && s.Results().Len() == 2 &&
		isBytes(s.Results().At(0).Type()) && isError(s.Results().At(1).Type())
}

// isUnmarshal: func([]byte) error
func isUnmarshal(s *types.Signature) bool {
	return s.Params().Len() == 1 && !s.Variadic() && s.Results().Len() == 1 &&
		isBytes(s.Params().At(0).Type()) && isError(s.Results().At(0).Type())
}

// isZero: func() bool
func isZero(s *types.Signature) bool {
	return s.Params().Len() == 0 && s.Results().Len() == 1 &&
		types.Identical(s.Results().At(0).Type(), types.Typ[types.Bool])
}

func isBytes(t types.Type) bool {
	return types.Identical(t, types.NewSlice(types.Typ[types.Uint8]))
}

func isError(t types.Type) bool {
	return types.Identical(t, types.Universe.Lookup("error").Type())
}
