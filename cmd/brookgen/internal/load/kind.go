package load

import "go/types"

// otherKind returns the directive that makes a job or a collection of t, here or in the package
// that declares it; nil if t is an event or may become one.
func (a *analysis) otherKind(t types.Type) *mark {
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || named.Obj().Pkg() == nil {
		return nil
	}
	m := a.marked[named.Obj()]
	if m == nil && named.Obj().Pkg().Path() != a.src.path {
		if s := a.foreignSource(named.Obj()); s != nil {
			m = s.typeMark(named.Obj().Name(), verbEvent, verbJob, verbCollection)
		}
	}
	if m == nil || m.verb != verbJob && m.verb != verbCollection {
		return nil
	}
	return m
}

// noEvent notes that a handler is left out, as no event has the type t that it says it takes. If t
// is of another kind, it handles none, and those that nobody else handles are reported.
func (a *analysis) noEvent(t types.Type) {
	a.unwritten = true
	if a.otherKind(t) == nil {
		a.lost = true // something about it is reported
	}
}

// emitsOther reports whether a result emits what is known to be no event, and so emits none.
func (a *analysis) emitsOther(t types.Type) bool {
	t = types.Unalias(t)
	if list, ok := t.(*types.Slice); ok {
		t = list.Elem()
	}
	emission := isRuntime(t, "Emission")
	return emission != nil && emission.TypeArgs().Len() == 1 &&
		a.otherKind(emission.TypeArgs().At(0)) != nil
}
