package load

import (
	"cmp"
	"go/ast"
	"go/printer"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/brookgen/brookgen/templates/model"
)

// prove tells for each handler whether every key that it reads or writes is proved to begin with
// the event's key, so that partitions may be folded side by side. What its signature rules out is
// told apart from what its body leaves open.
func (a *analysis) prove() {
	var open []*ast.FuncDecl
	handlers := map[*ast.FuncDecl]*model.Handler{}
	for _, s := range a.sets {
		for _, h := range s.Handlers {
			fn := s.methods[h]
			h.Obstacle = a.obstacle(h)
			if h.Partitioned && h.Obstacle != "" {
				a.report(at(fn.Name), "%s can't be partitioned: it %s. No assertion changes that: remove the option", methodName(fn), h.Obstacle)
			}
			if touches(h) && h.Obstacle == "" {
				open, handlers[fn] = append(open, fn), h
			}
		}
	}
	if len(a.diags) > 0 || len(open) == 0 {
		return
	}
	slices.SortFunc(open, func(x, y *ast.FuncDecl) int { return cmp.Compare(x.Pos(), y.Pos()) })
	p := a.newProver(open)
	for _, fn := range open {
		h := handlers[fn]
		h.Doubts = p.doubts(fn, h, true)
	}
}

// touches reports whether a handler reads or writes rows or timers.
func touches(h *model.Handler) bool {
	return len(h.Reads) > 0 || slices.ContainsFunc(h.Results, func(r model.Result) bool {
		return r.Kind == model.Change || r.Kind == model.Timer
	})
}

// A proof is the attempt to prove one handler.
type proof struct {
	*prover
	event  *types.Named // brook.Event[E] or brook.Tombstone[K, E]
	leaves int          // of the event's key
	start  value        // of the event
	key    string       // the event's key, as the handler writes it
	text   bool         // string(e.Key) is the event's key
	used   bool         // of that, use was made
	leaked bool         // somebody may have changed e.Key
	frames int
	found  []model.Doubt
}

// doubts gives what in a handler's body is not proved to stay within the event's key. With text,
// string(e.Key) counts as the key where nobody can change it.
func (p *prover) doubts(fn *ast.FuncDecl, h *model.Handler, text bool) []model.Doubt {
	obj, _ := p.info.Defs[fn.Name].(*types.Func)
	whole := p.bodies[obj]
	pr := &proof{prover: p, text: text}
	if whole == nil || whole.Body == nil {
		pr.doubt(fn.Name, methodName(fn), "it has no body that can be read")
		return pr.found
	}
	sig := obj.Signature()
	params := paramNames(whole.Type.Params)
	at := 0
	if h.Context {
		at = 1
	}
	pr.event = isRuntime(sig.Params().At(at).Type(), "Event")
	if h.Tombstone != nil {
		pr.event = isRuntime(sig.Params().At(at).Type(), "Tombstone")
	}
	if pr.event == nil || !pr.begin(h, identName(params[at])) {
		pr.doubt(fn.Name, cmp.Or(pr.key, methodName(fn)),
			"the event's key lies behind a pointer, through which it may change")
		return pr.found
	}
	if pr.guarded(sig.Recv().Type()) {
		pr.doubt(fn.Recv.List[0].Type, types.ExprString(fn.Recv.List[0].Type),
			"the set keeps views or changes")
		return pr.found
	}
	f := pr.frame(whole, nil)
	if id := params[at]; id != nil {
		if v, ok := p.info.Defs[id].(*types.Var); ok {
			f.bound[v] = pr.start
		}
	}
	f.walk()
	if pr.used && pr.leaked {
		return p.doubts(fn, h, false)
	}
	slices.SortStableFunc(pr.found, func(x, y model.Doubt) int { return before(x.Pos, y.Pos) })
	return slices.CompactFunc(pr.found,
		func(x, y model.Doubt) bool { return x.Pos == y.Pos && x.Text == y.Text })
}

// begin works out which parts of the event make its key. It reports false where one lies behind a
// pointer.
func (p *proof) begin(h *model.Handler, name string) bool {
	if name == "" || name == "_" {
		name = "e"
	}
	p.start = p.unknown(p.event)
	event := p.event.Underlying().(*types.Struct)
	if h.Tombstone != nil {
		p.buried(h, name, event)
		return p.leaves > 0
	}
	data := -1
	for i := range event.NumFields() {
		switch event.Field(i).Name() {
		case "Data":
			data = i
		case "Key":
			p.start.tags[p.offset(event, i)] = keyText
		}
	}
	if data < 0 {
		return false
	}
	var names []string
	for _, field := range h.Event.Key.Fields {
		p.key = strings.Join(append(names,
			strings.TrimSuffix(name+".Data."+dotted(field.Path), ".")), " and ")
		names = append(names, strings.TrimSuffix(name+".Data."+dotted(field.Path), "."))
		for _, part := range field.Parts {
			t := event.Field(data).Type()
			at := p.offset(event, data)
			for _, step := range slices.Concat(field.Path, part.Path) {
				s, ok := t.Underlying().(*types.Struct)
				i := -1
				if ok {
					i = slices.IndexFunc(slices.Collect(s.Fields()),
						func(v *types.Var) bool { return v.Name() == step.Name })
				}
				if i < 0 || step.Pointer {
					return false
				}
				at += p.offset(s, i)
				t = s.Field(i).Type()
			}
			p.start.tags[at] = p.leaves
			p.leaves++
		}
	}
	return p.leaves > 0
}

// doubt notes what is not proved, and why.
func (p *proof) doubt(n ast.Node, text, why string) {
	p.found = append(p.found, model.Doubt{Pos: p.place(n.Pos()), Text: shorten(text), Why: why})
}

// written gives an expression as it stands in the source, on one line, without the bodies of
// functions.
func written(x ast.Expr) string {
	literal := false
	ast.Inspect(x, func(n ast.Node) bool {
		_, is := n.(*ast.FuncLit)
		literal = literal || is
		return !literal
	})
	var text strings.Builder
	if literal || printer.Fprint(&text, token.NewFileSet(), x) != nil {
		return types.ExprString(x)
	}
	return strings.Join(strings.Fields(text.String()), " ")
}

// shorten makes source fit into a line.
func shorten(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > 80 {
		return string(r[:79]) + "…"
	}
	return text
}

// paramNames flattens the names of a field list; those without one are nil.
func paramNames(list *ast.FieldList) []*ast.Ident {
	var names []*ast.Ident
	if list == nil {
		return nil
	}
	for _, f := range list.List {
		if len(f.Names) == 0 {
			names = append(names, nil)
		}
		names = append(names, f.Names...)
	}
	return names
}

func identName(id *ast.Ident) string {
	if id == nil {
		return ""
	}
	return id.Name
}

// line is the line of a node, for a message about one elsewhere in the same file.
func (p *prover) line(at token.Pos) int { return p.pos(at).Line }
