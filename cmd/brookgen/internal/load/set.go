package load

import (
	"cmp"
	"go/ast"
	"go/types"
	"slices"

	"github.com/brookgen/brookgen/templates/model"
)

// A set is a model's handler set, and what only the rules need.
type set struct {
	*model.Set
	handles map[*model.Event]*ast.FuncDecl
	buries  map[*model.Event]*ast.FuncDecl // handlers of tombstones
	methods map[*model.Handler]*ast.FuncDecl
}

// addHandlers adds the annotated methods, and tells of those that look as if they should be.
func (a *analysis) addHandlers() {
	known := map[*ast.FuncDecl]*mark{}
	for _, m := range a.marks {
		if m.fn == nil || m.verb == verbUpcast {
			continue
		}
		if known[m.fn] != nil {
			switch first := known[m.fn].verb; {
			case m.verb == verbHandle && first == verbHandle:
				a.report(at(m.comment), "%s has a second //brook:handle: keep one", m.fn.Name.Name)
			case m.verb == verbWork && first == verbWork:
				a.report(at(m.comment), "%s has a second //brook:work: keep one", m.fn.Name.Name)
			case first != "" && m.verb != "":
				a.report(at(m.comment), "%s can't be both a handler and a worker: a handler takes a brook.Event, a worker a brook.Job",
					m.fn.Name.Name)
			}
			continue
		}
		known[m.fn] = m
		if m.verb == verbWork {
			a.addWorker(m)
			continue
		}
		if m.verb != verbHandle {
			a.lost, a.idle = true, true // a faulty directive: what it means to handle is handled
			continue
		}
		a.addHandler(m)
	}
	for _, f := range a.src.files {
		for _, d := range f.ast.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && known[fn] == nil {
				a.unmarked(fn)
			}
		}
	}
}

// unmarked reports an exported method that takes an event and has no directive.
func (a *analysis) unmarked(fn *ast.FuncDecl) {
	obj, ok := a.src.info.Defs[fn.Name].(*types.Func)
	if !ok || !fn.Name.IsExported() || !hasReceiver(fn) {
		return
	}
	params := obj.Signature().Params()
	i := 0
	if i < params.Len() && isContext(params.At(i).Type()) {
		i++
	}
	if i < params.Len() && (isRuntime(params.At(i).Type(), "Event") != nil ||
		isRuntime(params.At(i).Type(), "Tombstone") != nil) {
		a.lost = true
		a.report(at(fn.Name), "%s takes an event, but lacks //brook:handle: add it, or give a helper an unexported name", methodName(fn))
	}
	if i < params.Len() && isRuntime(params.At(i).Type(), "Job") != nil {
		a.idle = true
		a.report(at(fn.Name), "%s takes a job, but lacks //brook:work: add it, or give a helper an unexported name", methodName(fn))
	}
}

// methodName writes a method as Set.Name.
func methodName(fn *ast.FuncDecl) string {
	if base, _ := receiver(fn); base != nil {
		return base.Name + "." + fn.Name.Name
	}
	return fn.Name.Name
}

// receiver gives the name of a method's receiver type, and whether that is generic.
func receiver(fn *ast.FuncDecl) (base *ast.Ident, generic bool) {
	if fn.Recv == nil || len(fn.Recv.List) == 0 {
		return nil, false
	}
	t := ast.Unparen(fn.Recv.List[0].Type)
	if star, ok := t.(*ast.StarExpr); ok {
		t = ast.Unparen(star.X)
	}
	switch x := t.(type) {
	case *ast.IndexExpr:
		t, generic = x.X, true
	case *ast.IndexListExpr:
		t, generic = x.X, true
	}
	base, _ = t.(*ast.Ident)
	return base, generic
}

// setOf gives the handler set that a method belongs to, or nil where it can't be one.
func (a *analysis) setOf(fn *ast.FuncDecl, obj *types.Func) *set {
	base, generic := receiver(fn)
	recv := obj.Signature().Recv().Type()
	switch {
	case base == nil || a.invalid(recv):
		a.unresolved(fn.Recv.List[0].Type, methodName(fn))
		return nil
	case generic:
		a.report(at(fn.Recv.List[0].Type),
			"%s: a handler set can't be generic: declare a type for each use", methodName(fn))
		return nil
	}
	t := types.Unalias(recv)
	ptr, pointer := t.(*types.Pointer)
	if pointer {
		t = types.Unalias(ptr.Elem())
	}
	named, ok := t.(*types.Named)
	if !ok || named.Obj().Pkg() == nil || named.Obj().Pkg().Path() != a.src.path ||
		types.IsInterface(named) || isPointer(named) {
		a.report(at(fn.Recv.List[0].Type), "%s: a handler set is a type of this package, and neither an interface nor a pointer", methodName(fn))
		return nil
	}
	s := a.sets[named.Obj()]
	if s == nil {
		s = &set{
			Set:     &model.Set{Pos: a.place(named.Obj().Pos()), Name: named.Obj().Name()},
			handles: map[*model.Event]*ast.FuncDecl{},
			buries:  map[*model.Event]*ast.FuncDecl{},
			methods: map[*model.Handler]*ast.FuncDecl{},
		}
		a.sets[named.Obj()] = s
		a.out.Sets = append(a.out.Sets, s.Set)
	}
	s.Pointer = s.Pointer || pointer
	return s
}

// order puts sets in the order of their declarations, their handlers in that of the events, and
// tells each collection who writes it.
func (a *analysis) order() {
	slices.SortFunc(a.out.Sets, func(x, y *model.Set) int { return before(x.Pos, y.Pos) })
	writes := map[*model.Collection]map[*model.Event]bool{}
	for _, c := range a.out.Collections {
		writes[c] = map[*model.Event]bool{}
	}
	at := map[*model.Event]int{}
	for i, e := range a.out.Events {
		at[e] = i
	}
	for _, s := range a.out.Sets {
		slices.SortStableFunc(s.Handlers,
			func(x, y *model.Handler) int { return cmp.Compare(at[x.Event], at[y.Event]) })
		for _, h := range s.Handlers {
			for _, r := range h.Results {
				if r.Collection != nil && h.Tombstone == nil { // which no history has
					writes[r.Collection][h.Event] = true
				}
			}
		}
	}
	for _, c := range a.out.Collections {
		for _, e := range a.out.Events {
			if writes[c][e] {
				c.Writers = append(c.Writers, e)
			}
		}
	}
}

func before(x, y model.Pos) int {
	return cmp.Or(cmp.Compare(x.File, y.File), cmp.Compare(x.Line, y.Line),
		cmp.Compare(x.Col, y.Col))
}

// isRuntime gives t where it is an instance of that type of the runtime, else nil.
func isRuntime(t types.Type, name string) *types.Named {
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || !isNamed(named, runtimePath, name) {
		return nil
	}
	return named
}

func isContext(t types.Type) bool { return isNamed(types.Unalias(t), "context", "Context") }
