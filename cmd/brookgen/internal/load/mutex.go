package load

import (
	"fmt"
	"go/types"

	"github.com/brookgen/brookgen/templates/model"
)

// lockPath gives the fields that lead from a type to a lock which it holds by value, and whether it
// holds one, or is one. What a lock is, is what go vet takes for one: a struct with methods Lock
// and Unlock on the pointer alone.
func lockPath(t types.Type, seen map[types.Type]bool) (path []*types.Var, found bool) {
	if seen == nil {
		seen = map[types.Type]bool{}
	}
	for {
		array, ok := t.Underlying().(*types.Array)
		if !ok {
			break
		}
		t = array.Elem()
	}
	t = types.Unalias(t)
	s, ok := t.Underlying().(*types.Struct)
	if !ok || seen[t] {
		return nil, false
	}
	seen[t] = true
	for v := range s.Fields() {
		if rest, found := lockPath(v.Type(), seen); found {
			return append([]*types.Var{v}, rest...), true
		}
	}
	return nil, isLock(t)
}

// isLock reports whether a struct must not be copied.
func isLock(t types.Type) bool {
	for _, name := range []string{"Lock", "Unlock"} {
		_, _, onPointer := types.LookupFieldOrMethod(t, false, nil, name)
		obj, _, _ := types.LookupFieldOrMethod(t, true, nil, name)
		fn, ok := obj.(*types.Func)
		if !ok || !onPointer || fn.Signature().Params().Len()+fn.Signature().Results().Len() > 0 {
			return isNamed(t, "sync", "noCopy") || isNamed(t, "sync/atomic", "noCopy") ||
				isNamed(t, "sync/atomic", "Value")
		}
	}
	return true
}

// checkLocks reports the locks that a struct holds by value. The struct is reached behind a pointer
// or not.
func (w *walk) checkLocks(t *model.Type, path string, place Diagnostic, behind bool) {
	if t.Kind != model.Struct || behind && marshals(t) {
		return
	}
	told := false
	for v := range structOf(w.b.goType[t]).Fields() {
		if lock, found := lockPath(v.Type(), nil); found {
			told = true
			w.lock(append([]*types.Var{v}, lock...), w.b.goType[t], path, place)
		}
	}
	if !told && isLock(w.b.goType[t]) {
		w.lock(nil, w.b.goType[t], path, place)
	}
}

// lock reports a lock behind some fields of a type, once however it is reached.
func (w *walk) lock(fields []*types.Var, held types.Type, path string, place Diagnostic) {
	for _, v := range fields {
		if !w.inSource(v.Pkg().Path()) {
			break // what types of others are made of tells nobody anything
		}
		if w.reported[v] {
			return
		}
		w.reported[v] = true
		path, held, place = path+"."+v.Name(), v.Type(), pointAt(position(w.pos(v.Pos())), v.Name())
	}
	place.Message = fmt.Sprintf("%s: %s is or holds a lock, so it can't be copied, and events and rows are copied: keep it elsewhere, or an unexported pointer to it",
		path, w.describe(held))
	w.diags = append(w.diags, place)
}
