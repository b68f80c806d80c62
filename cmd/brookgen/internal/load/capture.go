package load

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"github.com/brookgen/brookgen/templates/model"
)

// byReference is the size in bytes beyond which a function literal captures a variable by
// reference, and so moves it to the heap where the literal goes there, as every Merge function
// does. An event is always larger.
const byReference = 128

// captures finds the handlers whose Merge functions capture the event, where copying parts of it
// first saves memory.
func (a *analysis) captures() {
	for _, f := range a.src.files {
		for _, s := range a.sets {
			for _, h := range s.Handlers {
				fn := s.methods[h]
				if body := f.whole[fn]; body != nil {
					h.Capture = a.capture(f, fn, body, h.Context)
				}
			}
		}
	}
}

// capture returns what a handler's Merge functions capture of the event, or nil if that is nothing,
// or can't be helped.
func (a *analysis) capture(f *file, fn *ast.FuncDecl, body *ast.BlockStmt, ctx bool) *model.Capture {
	names, at := paramNames(fn.Type.Params), 0
	if ctx {
		at = 1
	}
	obj, ok := a.src.info.Defs[fn.Name].(*types.Func)
	if !ok || at >= len(names) || names[at] == nil {
		return nil
	}
	event := isRuntime(obj.Signature().Params().At(at).Type(), "Event")
	if event == nil {
		return nil
	}
	c := capturing{file: f, source: a.src, event: names[at].Name}
	ast.Inspect(body, c.visit)
	if c.first == nil || c.kept {
		return nil
	}
	found := &model.Capture{Pos: a.place(c.first.Pos()), Func: nameOf(c.first), Event: c.event, Fields: c.fields}
	found.Bytes = saved(event, c.fields)
	if found.Bytes <= 0 {
		return nil
	}
	return found
}

// capturing is the search of a handler's body for Merge functions that capture the event.
type capturing struct {
	file   *file
	source *source
	event  string        // the parameter's name
	first  *ast.CallExpr // of Merge
	fields []string      // of the event that the functions use
	kept   bool          // the event goes to the heap in any case, or its name is another's too
	inside bool
}

func (c *capturing) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.CallExpr:
		if literal := c.merge(n); literal != nil && !c.inside {
			for _, x := range n.Args[:len(n.Args)-1] {
				ast.Inspect(x, c.visit)
			}
			before := len(c.fields)
			c.inside = true
			ast.Inspect(literal, c.visit)
			c.inside = false
			if c.first == nil && len(c.fields) > before {
				c.first = n
			}
			return false
		}
	case *ast.SelectorExpr:
		if id, ok := n.X.(*ast.Ident); ok && id.Name == c.event {
			if c.inside && !slices.Contains(c.fields, n.Sel.Name) {
				c.fields = append(c.fields, n.Sel.Name)
			}
			return false
		}
	case *ast.UnaryExpr:
		// Its address goes who knows where.
		c.kept = c.kept || n.Op == token.AND && !c.inside && c.isEvent(n.X)
	case *ast.Ident:
		// A function uses it as a whole, or declares the name anew.
		c.kept = c.kept || c.inside && n.Name == c.event
	case *ast.AssignStmt:
		for _, x := range n.Lhs {
			if id, ok := x.(*ast.Ident); ok && id.Name == c.event {
				c.kept = true
			}
		}
	case *ast.KeyValueExpr: // the name of a field is no use of the event
		ast.Inspect(n.Value, c.visit)
		return false
	}
	return true
}

// isEvent reports whether an expression is the event or a part of it.
func (c *capturing) isEvent(x ast.Expr) bool {
	for {
		switch e := ast.Unparen(x).(type) {
		case *ast.SelectorExpr:
			x = e.X
		case *ast.IndexExpr:
			x = e.X
		case *ast.Ident:
			return e.Name == c.event
		default:
			return false
		}
	}
}

// nameOf returns the name of the function that a call of merge calls.
func nameOf(call *ast.CallExpr) string {
	sel, _ := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	return sel.Sel.Name
}

// merge returns the function literal of a call of brook.Merge or brook.Modify, or nil.
func (c *capturing) merge(call *ast.CallExpr) *ast.FuncLit {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "Merge" && sel.Sel.Name != "Modify" || len(call.Args) == 0 {
		return nil
	}
	pkg, ok := sel.X.(*ast.Ident)
	if !ok || c.file.importedAs(pkg.Name, c.source) != runtimePath {
		return nil
	}
	literal, _ := call.Args[len(call.Args)-1].(*ast.FuncLit)
	return literal
}

// saved returns how many bytes less are allocated for an event if a function captures copies of its
// fields rather than the event.
func saved(event *types.Named, fields []string) int {
	s, ok := event.Underlying().(*types.Struct)
	if !ok {
		return 0
	}
	sizes := types.SizesFor("gc", "amd64")
	captured, moved := int64(8), int64(0)
	for v := range s.Fields() {
		switch size := sizes.Sizeof(v.Type()); {
		case !slices.Contains(fields, v.Name()):
		case size <= byReference:
			captured += size
		default:
			captured, moved = captured+8, moved+sizeClass(size)
		}
	}
	return int(sizeClass(sizes.Sizeof(event)) + sizeClass(16) - sizeClass(captured) - moved)
}

// sizeClasses are those of Go's allocator, as far as events go that are worth a word.
var sizeClasses = []int64{8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240,
	256, 288, 320, 352, 384, 416, 448, 480, 512, 576, 640, 704, 768, 896, 1024, 1152, 1280, 1408,
	1536, 1792, 2048}

// sizeClass returns how many bytes an allocation of so many takes.
func sizeClass(size int64) int64 {
	if i, _ := slices.BinarySearch(sizeClasses, size); i < len(sizeClasses) {
		return sizeClasses[i]
	}
	return size
}
