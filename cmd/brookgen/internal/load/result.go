package load

import (
	"go/types"

	"github.com/brookgen/brookgen/templates/model"
)

const resultTypes = "a handler returns brook.Change[K, V], brook.Emission[E], brook.Timer[E], brook.Request[J], slices of those, brook.Effect, and an error last"

// results reads what a handler writes.
func (a *analysis) results(h *model.Handler, name string, results []variable) {
	for i, r := range results {
		if isError(types.Unalias(r.typ)) {
			if i < len(results)-1 {
				a.report(at(r.expr), "%s: the error comes last", name)
			}
			h.Error = true
			continue
		}
		if result, ok := a.result(name, r); ok {
			h.Results = append(h.Results, result)
		} else {
			a.unwritten = true
		}
	}
}

func (a *analysis) result(name string, r variable) (model.Result, bool) {
	if a.invalid(r.typ) {
		a.unresolved(r.expr, name)
		return model.Result{}, false
	}
	if !a.whole(name, r) {
		return model.Result{}, false
	}
	t := types.Unalias(r.typ)
	list, slice := t.(*types.Slice)
	if slice {
		t = types.Unalias(list.Elem())
		if a.invalid(t) {
			a.unresolved(r.expr, name)
			return model.Result{}, false
		}
	}
	if change := isRuntime(t, "Change"); change != nil {
		c := a.collectionOf(name, "returns", r, change, 0)
		return model.Result{Kind: model.Change, Slice: slice, Collection: c}, c != nil
	}
	if emission := isRuntime(t, "Emission"); emission != nil {
		e := a.eventOf(emission.TypeArgs().At(0), name, "emits", at(r.expr))
		if e == nil {
			return model.Result{}, false
		}
		e.emitted = append(e.emitted, name)
		return model.Result{Kind: model.Emission, Slice: slice, Event: e.Event}, true
	}
	if timer := isRuntime(t, "Timer"); timer != nil {
		e := a.timed(name, timer.TypeArgs().At(0), at(r.expr))
		if e == nil {
			return model.Result{}, false
		}
		return model.Result{Kind: model.Timer, Slice: slice, Event: e.Event}, true
	}
	if request := isRuntime(t, "Request"); request != nil {
		j := a.jobOf(request.TypeArgs().At(0), name, "asks for", at(r.expr))
		if j == nil {
			return model.Result{}, false
		}
		return model.Result{Kind: model.Request, Slice: slice, Event: j.Event}, true
	}
	if !slice && isRuntime(t, "Effect") != nil {
		return model.Result{Kind: model.Effect}, true
	}
	a.report(at(r.expr), "%s returns %s: %s", name, a.describe(r.typ), a.instead(t, slice))
	return model.Result{}, false
}

// instead says what to return in place of t.
func (a *analysis) instead(t types.Type, slice bool) string {
	if p, ok := t.(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
		for _, name := range []string{"Change", "Emission", "Timer", "Request", "Effect"} {
			if isRuntime(t, name) != nil {
				return "return it without the pointer; its zero value is nothing"
			}
		}
	}
	if named, ok := t.(*types.Named); ok {
		if c := a.colls[named.Obj()]; c != nil && c.Key.Type.Kind != model.Invalid {
			many := ""
			if slice {
				many = "[]"
			}
			return "to write to " + c.Name + " return " + many + "brook.Change[" +
				a.describe(a.b.goType[c.Key.Type]) + ", " + a.describe(t) + "]"
		}
		if a.events[named.Obj()] != nil {
			return "to emit it return brook.Emission[" + a.describe(t) + "]"
		}
		if a.jobs[named.Obj()] != nil {
			return "to have it done return brook.Request[" + a.describe(t) + "]"
		}
	}
	switch {
	case slice && isRuntime(t, "Effect") != nil:
		return "return one brook.Effect that does them all"
	case isEffectFunc(t):
		return "return it as brook.Effect"
	}
	return resultTypes
}

// isEffectFunc: func(context.Context) error
func isEffectFunc(t types.Type) bool {
	s, ok := t.Underlying().(*types.Signature)
	return ok && s.Params().Len() == 1 && isContext(s.Params().At(0).Type()) &&
		s.Results().Len() == 1 && isError(s.Results().At(0).Type())
}
