package load

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"hash"
	"maps"
	"slices"
	"strings"

	"github.com/brookgen/brookgen/templates/model"
)

// A codeWalk writes out the code of one handler: the tokens of its declaration, and of all that it
// names, in the order in which they are met. What the tree declares is numbered in that order, so
// that what things are called in Go does not count, nor where they stand.
type codeWalk struct {
	*coder
	hash    hash.Hash
	numbers map[any]int // of what is met: a declared, or an object of a function
	queue   []*declared
	walked  []*declared
	others  map[string]bool // import paths outside of the tree that are named
	through []string        // names of interfaces' methods that were called
	home    string          // the target's build constraint
}

func (c *coder) newWalk(constraint string) *codeWalk {
	return &codeWalk{
		coder: c, hash: sha256.New(), numbers: map[any]int{}, others: map[string]bool{},
		home: constraint,
	}
}

// handler walks a handler, and the earlier versions of its event with their upcasters.
func (w *codeWalk) handler(fn *ast.FuncDecl, e *model.Event) {
	for _, p := range w.pkgs {
		for _, d := range p.byMethod[fn.Name.Name] {
			if d.fn == fn {
				w.met(d)
			}
		}
	}
	for _, v := range e.Earlier {
		if p := w.pkgs[v.Type.Named.PkgPath]; p != nil {
			w.metAll(p.names[v.Type.Named.Name])
		}
	}
	for len(w.queue) > 0 {
		d := w.queue[0]
		w.queue = w.queue[1:]
		w.walked = append(w.walked, d)
		w.write("\n")
		w.declaration(d)
	}
	for _, m := range w.modules() {
		w.write("\n" + m)
	}
}

// sum is a short hash of what was written.
func (w *codeWalk) sum() string { return hex.EncodeToString(w.hash.Sum(nil)[:6]) }

func (w *codeWalk) write(text string) {
	w.hash.Write([]byte(text))
	w.hash.Write([]byte{0})
}

// met returns the number of a declaration, which is walked in its turn.
func (w *codeWalk) met(d *declared) int {
	n, known := w.numbers[d]
	if !known {
		n = len(w.numbers) + 1
		w.numbers[d] = n
		w.queue = append(w.queue, d)
	}
	return n
}

func (w *codeWalk) metAll(list []*declared) (number int) {
	for i, d := range sortedDeclared(list) {
		if n := w.met(d); i == 0 {
			number = n
		}
	}
	return number
}

// sortedDeclared puts declarations of one name, in several builds or packages, in an order.
func sortedDeclared(list []*declared) []*declared {
	return slices.SortedStableFunc(slices.Values(list), func(a, b *declared) int {
		return cmp.Or(compare(a.pkg.src.path, b.pkg.src.path), compare(a.recv, b.recv),
			compare(a.name, b.name), compare(a.file.constraint, b.file.constraint),
			compare(a.file.path, b.file.path))
	})
}

// declaration writes the tokens of a declaration.
func (w *codeWalk) declaration(d *declared) {
	set := d.pkg.sets[d.recv]
	switch {
	case d.fn != nil:
		kind := "func"
		if d.recv != "" {
			kind = "method " + d.name
			if d.handler {
				kind = "handler"
			}
			w.receiver(d)
			if !set {
				w.metAll(d.pkg.names[d.recv])
			}
		}
		w.write(kind)
		from, to := d.fn.Type.Params.Pos(), d.fn.Type.End()
		if d.fn.Type.TypeParams != nil {
			from = d.fn.Type.TypeParams.Pos()
		}
		if body := d.file.whole[d.fn]; body != nil {
			to = body.End()
		}
		w.tokens(d, from, to)
	case d.typ != nil:
		w.write("type")
		w.tokens(d, d.typ.Pos(), d.typ.End())
		methods := slices.DeleteFunc(slices.Clone(d.pkg.methods[d.name]),
			func(m *declared) bool { return m.handler })
		w.metAll(methods)
	case d.constant():
		spec, number := d.effective()
		w.write("const")
		w.write(fmt.Sprint(slices.IndexFunc(d.value.Names, func(id *ast.Ident) bool { return id.Name == d.name })))
		counts := false
		ast.Inspect(spec, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			counts = counts || ok && id.Name == "iota"
			return true
		})
		if counts {
			w.write(fmt.Sprint(number))
		}
		from := spec.Names[len(spec.Names)-1].End()
		w.tokens(d, from, spec.End())
	default:
		w.write("var")
		w.tokens(d, d.value.Pos(), d.value.End())
		for _, f := range d.pkg.inits {
			if f.names(d.name) {
				w.met(f)
			}
		}
	}
}

// receiver numbers the variable that a method's receiver is, and its type parameters.
func (w *codeWalk) receiver(d *declared) {
	if !w.typed(d) {
		return
	}
	ast.Inspect(d.fn.Recv, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			if obj := d.pkg.info.Defs[id]; obj != nil {
				w.numbers[obj] = len(w.numbers) + 1
			}
		}
		return true
	})
}

// typed reports whether what names stand for in a declaration is taken from the type check. In
// files that are not in every build they are only names, so that the code is the same in each.
func (w *codeWalk) typed(d *declared) bool {
	return d.pkg.info != nil && (d.file.constraint == "" ||
		d.pkg.src == w.target && d.file.constraint == w.home)
}

func (w *codeWalk) tokens(d *declared, from, to token.Pos) {
	list := d.between(w.graph, from, to)
	for i := 0; i < len(list); i++ {
		x := list[i]
		if x.id == nil {
			w.write(x.text)
			continue
		}
		if !w.typed(d) {
			w.untyped(d, x)
			continue
		}
		obj, known := d.pkg.info.Uses[x.id]
		if !known {
			obj, known = d.pkg.info.Defs[x.id]
		}
		if _, ok := obj.(*types.PkgName); ok {
			i++ // and the dot
			continue
		}
		if known && obj == nil { // of a type switch
			w.write("_")
			continue
		}
		w.object(d, x, obj)
	}
}

// covered names what was walked: declarations, and modules.
func (w *codeWalk) covered() (names []string) {
	for _, d := range w.walked[1:] {
		name := d.name
		if d.recv != "" {
			name = d.recv + "." + name
		}
		if d.pkg.src != w.target {
			name = d.pkg.src.path + "." + name
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return append(slices.Compact(names), w.modules()...)
}

// modules returns the modules whose packages are named, or imported by those, with their versions.
func (w *codeWalk) modules() []string {
	found := map[string]bool{}
	seen := map[string]bool{}
	var visit func(path string)
	visit = func(path string) {
		p := w.all[path]
		if p == nil || seen[path] {
			return
		}
		seen[path] = true
		m := p.Module
		if m == nil || ownRuntime(path) || strings.HasPrefix(runtimePath, m.Path+"/") {
			return // std, whose packages import no others
		}
		text := m.Path + "@" + m.Version
		if r := m.Replace; r != nil {
			text += " => " + r.Path + "@" + r.Version
		}
		found[text] = true
		for _, dep := range imported(p) {
			visit(dep)
		}
	}
	for path := range w.others {
		visit(path)
	}
	return slices.Sorted(maps.Keys(found))
}
