package load

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"github.com/brookgen/brookgen/templates/model"
)

// A variable is a parameter or result: its type, and where that is written.
type variable struct {
	typ  types.Type
	expr ast.Expr
}

// variables flattens a field list: a, b T are two.
func variables(list *ast.FieldList, tuple *types.Tuple) []variable {
	var vars []variable
	if list == nil {
		return nil
	}
	for _, f := range list.List {
		for range max(len(f.Names), 1) {
			if len(vars) < tuple.Len() {
				vars = append(vars, variable{tuple.At(len(vars)).Type(), f.Type})
			}
		}
	}
	return vars
}

// addHandler adds an annotated method.
func (a *analysis) addHandler(m *mark) {
	fn := m.fn
	obj, ok := a.src.info.Defs[fn.Name].(*types.Func)
	if !ok {
		a.lost = true
		return
	}
	name := methodName(fn)
	if !fn.Name.IsExported() {
		a.report(at(fn.Name), "handler %s has to be exported: %s", name, exported(fn.Name.Name))
	}
	s := a.setOf(fn, obj)
	if _, generic := receiver(fn); generic && s == nil { // its types stand for any
		a.lost, a.unwritten = true, true
		return
	}
	sig := obj.Signature()
	h := &model.Handler{Pos: a.place(fn.Name.Pos()), Name: fn.Name.Name,
		Partitioned: m.option("partitioned") != nil}
	a.params(h, name, fn, sig)
	a.results(h, name, variables(fn.Type.Results, sig.Results()))
	if h.Event == nil || s == nil {
		return
	}
	known := s.handles
	if h.Tombstone != nil {
		known = s.buries
	}
	if first := known[h.Event]; first != nil {
		a.report(at(fn.Name), "%s handles %s, and so does %s at %s: a set has one handler for an event; join them, or give one to another set",
			name, h.Event.Type.Named.Name+map[bool]string{true: "'s tombstones"}[h.Tombstone != nil], methodName(first), a.short(a.place(first.Name.Pos())))
		return
	}
	known[h.Event], s.methods[h] = fn, fn
	s.Handlers = append(s.Handlers, h)
}

// params reads context, event and reads.
func (a *analysis) params(h *model.Handler, name string, fn *ast.FuncDecl, sig *types.Signature) {
	params := variables(fn.Type.Params, sig.Params())
	if sig.Variadic() {
		last := params[len(params)-1]
		a.report(at(last.expr), "%s: a handler can't be variadic: name each view", name)
		params = params[:len(params)-1]
	}
	if len(params) > 0 && isContext(params[0].typ) {
		h.Context = true
		params = params[1:]
	}
	if len(params) == 0 {
		a.report(at(fn.Name), "%s takes no event: its first parameter, or the one after a context, is brook.Event[E]", name)
		return
	}
	first := params[0]
	switch event := isRuntime(first.typ, "Event"); {
	case a.invalid(first.typ):
		a.lost = true
		a.unresolved(first.expr, name)
	case !a.whole(name, first):
		a.lost = true
	case event == nil && isRuntime(first.typ, "Tombstone") != nil:
		a.tombstone(h, name, first)
	case event == nil && takesEvent(params[1:]):
		a.lost = true
		a.report(at(first.expr), "%s: the event comes first, only a context may stand before it",
			name)
		return
	case event == nil:
		a.lost = true
		a.report(at(first.expr), "%s: the first parameter, or the one after a context, is the event, brook.Event[E], not %s%s",
			name, a.describe(first.typ), a.eventHint(first.typ))
	default:
		if e := a.eventOf(event.TypeArgs().At(0), name, "handles", typeArg(first.expr)); e != nil {
			e.handled = append(e.handled, name)
			h.Event = e.Event
		} else {
			a.noEvent(event.TypeArgs().At(0))
		}
	}
	for _, p := range params[1:] {
		if r, ok := a.read(name, p); ok {
			h.Reads = append(h.Reads, r)
		}
	}
}

func takesEvent(params []variable) bool {
	return slices.ContainsFunc(params,
		func(p variable) bool { return isRuntime(p.typ, "Event") != nil })
}

// eventHint says what to write in place of t for an event.
func (a *analysis) eventHint(t types.Type) string {
	if p, ok := types.Unalias(t).(*types.Pointer); ok && isRuntime(p.Elem(), "Event") == nil {
		t = p.Elem()
	}
	if named, ok := types.Unalias(t).(*types.Named); ok && a.events[named.Obj()] != nil {
		return ": write brook.Event[" + a.describe(t) + "]"
	}
	return hint(t, "Event") + hint(t, "Tombstone")
}

// hint tells of a pointer that should not be there.
func hint(t types.Type, name string) string {
	if p, ok := types.Unalias(t).(*types.Pointer); ok && isRuntime(p.Elem(), name) != nil {
		return ": take it without the pointer"
	}
	return ""
}

// typeArg narrows brook.Event[E] to E, where it is written so.
func typeArg(x ast.Expr) span {
	if i, ok := ast.Unparen(x).(*ast.IndexExpr); ok {
		return at(i.Index)
	}
	return at(x)
}

// eventOf gives the event of payload type t, which a handler handles or emits.
func (a *analysis) eventOf(t types.Type, name, does string, use span) *event {
	what := a.describe(t)
	named, ok := types.Unalias(t).(*types.Named)
	switch ptr, isPtr := types.Unalias(t).(*types.Pointer); {
	case isPtr:
		a.lost = true
		a.report(use, "%s %s *%s: an event is a value, write %s", name, does,
			a.describe(ptr.Elem()), a.describe(ptr.Elem()))
		return nil
	case (!ok || named.Obj().Pkg() == nil) && !payload(t):
		a.report(use, "%s %s %s, which is no event: declare a type for its payload, with //brook:event NAME above, as in type %s struct { … } "+
			"or, for JSON objects of any kind, type %s map[string]any", name, does, what, suggestion(name, does), suggestion(name, does))
		return nil
	case !ok || named.Obj().Pkg() == nil:
		shape := what
		if a.b.large(t) {
			shape = "struct { … }"
		}
		a.report(use, "%s %s %s, which is no event: declare a type for it, as in type %s %s, with //brook:event NAME above", name, does, what, suggestion(name, does), shape)
		return nil
	case named.TypeArgs().Len() > 0:
		fresh := suggestion(name, does)
		if _, taken := a.out.Names[fresh]; taken {
			fresh = "Some" + fresh
		}
		a.report(use, "%s %s %s, which is no event: declare a type made of it, as in type %s %s, with //brook:event NAME above", name, does, what, fresh, what)
		return nil
	}
	obj := named.Obj()
	if e := a.events[obj]; e != nil {
		return e
	}
	if m := a.otherKind(t); m != nil {
		a.report(use, "%s %s %s, which is %s and no event: declare a type for the event, with //brook:event NAME above",
			name, does, what, articled(m.verb))
		return nil
	}
	if m := a.earlier[obj]; m != nil {
		a.lost = true
		a.report(use, "%s %s %s, which is version %d of %s: handlers only see the type of today, write %s",
			name, does, what, m.version(), m.name, a.lineages[m.line()].today.spec.Name.Name)
		return nil
	}
	if a.marked[obj] != nil {
		a.lost = true
		return nil // something about it is reported already
	}
	if obj.Pkg().Path() == a.src.path {
		a.report(use, "%s %s %s, which is no event: put //brook:event NAME above type %s", name,
			does, what, obj.Name())
		return nil
	}
	return a.adopt(named, use)
}

// payload reports whether a type without a name can be what a type of events is made of.
func payload(t types.Type) bool {
	switch types.Unalias(t).Underlying().(type) {
	case *types.Interface, *types.Signature, *types.Chan, *types.Pointer, *types.Tuple:
		return false
	}
	b, basic := types.Unalias(t).Underlying().(*types.Basic)
	return !basic || b.Info()&(types.IsComplex|types.IsUntyped) == 0 &&
		b.Kind() != types.UnsafePointer && b.Kind() != types.Invalid
}

// suggestion is a name for the type of an event. What a handler handles is mostly called as it is.
func suggestion(name, does string) string {
	method := name[strings.LastIndex(name, ".")+1:]
	if does != "handles" || !startsUpper(method) {
		return "Happened"
	}
	return method
}

// read makes a view or index parameter.
func (a *analysis) read(name string, p variable) (model.Read, bool) {
	if a.invalid(p.typ) {
		a.unresolved(p.expr, name)
		return model.Read{}, false
	}
	if !a.whole(name, p) {
		return model.Read{}, false
	}
	if view := isRuntime(p.typ, "View"); view != nil {
		c := a.collectionOf(name, "reads", p, view, 0)
		return model.Read{Collection: c}, c != nil
	}
	if index := isRuntime(p.typ, "Index"); index != nil {
		c := a.collectionOf(name, "reads", p, index, 1)
		if c == nil {
			return model.Read{}, false
		}
		x, problem := a.indexOf(c, index.TypeArgs().At(0))
		if problem != "" {
			a.report(at(p.expr), "%s reads %s, but %s", name, a.describe(p.typ), problem)
		}
		return model.Read{Collection: c, Index: x}, x != nil
	}
	why := "a handler reads brook.View[K, V] and brook.Index[I, K, V]"
	switch {
	case isContext(p.typ):
		why = "the context comes first"
	case isRuntime(p.typ, "Event") != nil, isRuntime(p.typ, "Tombstone") != nil:
		why = "a handler takes one event, and takes it first"
	case hint(p.typ, "View") != "" || hint(p.typ, "Index") != "":
		why = "take it without the pointer"
	}
	a.report(at(p.expr), "%s takes %s: %s", name, a.describe(p.typ), why)
	return model.Read{}, false
}

// collectionOf gives the collection that K and V of an instance name; K stands at index k.
func (a *analysis) collectionOf(name, does string, v variable, t *types.Named,
	k int) *model.Collection {
	key, value := t.TypeArgs().At(k), t.TypeArgs().At(k+1)
	what := a.describe(v.typ)
	named, ok := types.Unalias(value).(*types.Named)
	if !ok || named.Obj().Pkg() == nil || named.TypeArgs().Len() > 0 {
		if p, ok := types.Unalias(value).(*types.Pointer); ok {
			a.report(at(v.expr), "%s %s %s: a collection's value has no pointer, write %s", name,
				does, what, a.describe(p.Elem()))
			return nil
		}
		if k, ok := types.Unalias(key).(*types.Named); ok && a.colls[k.Obj()] != nil {
			a.report(at(v.expr), "%s %s %s: the key comes first, and then %s", name, does, what,
				a.describe(key))
			return nil
		}
		a.report(at(v.expr), "%s %s %s, but %s is no collection: declare a type for it, with //brook:collection NAME above", name, does, what, a.describe(value))
		return nil
	}
	c := a.colls[named.Obj()]
	switch {
	case c == nil && named.Obj().Pkg().Path() != a.src.path:
		a.report(at(v.expr), "%s %s %s, but %s is of another package, and a handler works on its own package's collections: handle the events of that package here, and keep a collection of your own", name, does, what, a.describe(value))
		return nil
	case c == nil && a.marked[named.Obj()] == nil:
		a.report(at(v.expr), "%s %s %s, but %s is no collection: put //brook:collection NAME above type %s", name, does, what, a.describe(value), named.Obj().Name())
		return nil
	case c == nil:
		if verb := a.marked[named.Obj()].verb; verb == verbEvent || verb == verbJob {
			a.report(at(v.expr), "%s %s %s, but %s is %s and no collection: declare a type for the rows, with //brook:collection NAME above",
				name, does, what, a.describe(value), articled(verb))
		}
		return nil
	case c.Key.Type.Kind != model.Invalid && a.b.of(key) != c.Key.Type:
		a.report(at(v.expr), "%s %s %s, but %s is keyed by %s: write brook.%s", name, does, what,
			c.Name, a.describe(a.b.goType[c.Key.Type]), a.rekeyed(c, t))
	}
	return c
}

// rekeyed writes an instance of View, Index or Change with the key that the collection has.
func (a *analysis) rekeyed(c *model.Collection, t *types.Named) string {
	args := []string{a.describe(a.b.goType[c.Key.Type]), a.describe(a.b.goType[c.Type])}
	if t.TypeArgs().Len() > 2 {
		args = append([]string{a.describe(t.TypeArgs().At(0))}, args...)
	}
	return t.Obj().Name() + "[" + strings.Join(args, ", ") + "]"
}

// whole reports whether a type is written with as many type arguments as it takes, and tells where
// it is not.
func (a *analysis) whole(name string, v variable) bool {
	t := types.Unalias(v.typ)
	for {
		inner, ok := t.(interface{ Elem() types.Type })
		if !ok {
			break
		}
		t = types.Unalias(inner.Elem())
	}
	named, ok := t.(*types.Named)
	if !ok || named.TypeArgs().Len() == named.Origin().TypeParams().Len() {
		return true
	}
	a.unresolved(v.expr, name)
	return false
}
