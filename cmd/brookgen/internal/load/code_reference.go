package load

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"
)

// object writes what an identifier stands for.
func (w *codeWalk) object(d *declared, x lexeme, obj types.Object) {
	switch o := obj.(type) {
	case nil:
		if x.sel {
			w.anyMethod(x.text)
		}
		w.write(x.text)
		return
	case *types.Var:
		if o.IsField() {
			w.write(x.text)
			return
		}
		obj = o.Origin()
	case *types.Func:
		obj = o.Origin()
		if o.Signature().Recv() != nil {
			w.method(o.Origin())
			w.write(x.text)
			return
		}
	case *types.Label, *types.Builtin, *types.Nil:
		w.write(x.text)
		return
	}
	pkg := obj.Pkg()
	switch {
	case pkg == nil:
		w.write(x.text)
	case obj.Parent() != pkg.Scope(): // of a function
		n, known := w.numbers[obj]
		if !known {
			n = len(w.numbers) + 1
			w.numbers[obj] = n
		}
		w.write(fmt.Sprintf("#%d", n))
		if v, ok := obj.(*types.Var); ok && !x.base && w.isReceiver(d, v) {
			w.metAll(d.pkg.names[d.recv])
		}
	default:
		w.global(pkg.Path(), obj.Name())
	}
}

// isReceiver reports whether a variable is the receiver of a method.
func (w *codeWalk) isReceiver(d *declared, v *types.Var) bool {
	if d.recv == "" {
		return false
	}
	for _, f := range d.fn.Recv.List {
		for _, id := range f.Names {
			if d.pkg.info.Defs[id] == v {
				return true
			}
		}
	}
	return false
}

// global writes a name at package level.
func (w *codeWalk) global(path, name string) {
	if p := w.pkgs[path]; p != nil && len(p.names[name]) > 0 {
		w.write(fmt.Sprintf("#%d", w.metAll(p.names[name])))
		return
	}
	w.abroad(path)
	w.write(path + "." + name)
}

func (w *codeWalk) abroad(path string) {
	if !w.local[path] {
		w.others[path] = true
	}
}

// method walks what a method that is named may be.
func (w *codeWalk) method(fn *types.Func) {
	if fn.Pkg() == nil { // of error
		return
	}
	recv := fn.Signature().Recv().Type()
	if types.IsInterface(recv) || isTypeParam(recv) {
		if path := fn.Pkg().Path(); !ownRuntime(path) && path != "context" {
			w.through = append(w.through, fn.Name())
			w.implementations(fn)
		}
		return
	}
	named, ok := types.Unalias(deref(recv)).(*types.Named)
	p := w.pkgs[fn.Pkg().Path()]
	if !ok || p == nil {
		w.abroad(fn.Pkg().Path())
		return
	}
	w.metAll(slices.DeleteFunc(slices.Clone(p.methods[named.Obj().Name()]),
		func(d *declared) bool { return d.name != fn.Name() }))
}

// implementations walks every method in the tree that a call through an interface may reach.
func (w *codeWalk) implementations(fn *types.Func) {
	var all []*declared
	sig := fn.Signature()
	for _, p := range w.pkgs {
		for _, d := range p.byMethod[fn.Name()] {
			if !d.handler && fieldCount(d.fn.Type.Params) == sig.Params().Len() &&
				fieldCount(d.fn.Type.Results) == sig.Results().Len() {
				all = append(all, d)
			}
		}
	}
	w.metAll(all)
}

func fieldCount(list *ast.FieldList) int {
	if list == nil {
		return 0
	}
	return list.NumFields()
}

// anyMethod walks every method of a name, in the packages that are known to be used, where nobody
// knows whose it is.
func (w *codeWalk) anyMethod(name string) {
	var all []*declared
	for _, p := range w.pkgs {
		if p.outer {
			continue
		}
		for _, d := range p.byMethod[name] {
			if !d.handler {
				all = append(all, d)
			}
		}
	}
	w.metAll(all)
}

// untyped writes an identifier that is only a name.
func (w *codeWalk) untyped(d *declared, x lexeme) {
	switch {
	case x.sel:
		w.anyMethod(x.text)
	case x.base:
		if _, dep := d.pkg.importOf(d.file, x.text); dep != nil {
			w.abroad(dep.PkgPath)
			if p := w.pkgs[dep.PkgPath]; p != nil {
				for _, name := range selectedFrom(d, x.id) {
					w.metAll(p.names[name])
				}
			}
		}
		fallthrough
	default:
		w.metAll(d.pkg.names[x.text])
	}
	w.write(x.text)
}

// selectedFrom returns the name that is selected from an identifier.
func selectedFrom(d *declared, x *ast.Ident) (names []string) {
	d.inspect(func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && s.X == x {
			names = append(names, s.Sel.Name)
		}
		return true
	})
	return names
}
