package load

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// A mark is a directive on the declaration that it belongs to.
type mark struct {
	directive
	file    *file
	comment *ast.Comment
	spec    *ast.TypeSpec // for event, collection and set
	fn      *ast.FuncDecl // for handle and upcast
	faulty  bool          // something about it is reported
}

// A misplaced is a mistake in a comment that has nothing to do with types.
type misplaced struct {
	from, to token.Pos
	message  string
	handles  bool // what it is about was meant as a handler
}

// An owner is what a comment group belongs to.
type owner struct {
	spec *ast.TypeSpec
	fn   *ast.FuncDecl
	what string // what it is, where no directive belongs
}

// scan finds the directives of a file, in source order, and what is wrong with them.
func (f *file) scan() ([]*mark, []misplaced) {
	if !f.marked {
		return nil, nil
	}
	owners := f.owners()
	var marks []*mark
	var wrong []misplaced
	for _, group := range f.ast.Comments {
		own := owners[group]
		for _, c := range group.List {
			if own != nil && own.what == "" && isSpaced(c.Text) {
				wrong = append(wrong,
					misplaced{from: c.Pos(), to: c.End(), message: plainForm(c.Text)})
				marks = append(marks,
					&mark{file: f, comment: c, spec: own.spec, fn: own.fn, faulty: true})
				continue
			}
			if !strings.HasPrefix(c.Text, directivePrefix) {
				continue
			}
			d, problems := parseDirective(c.Text)
			if own != nil && slices.Contains(tagWords, d.verb) && own.what == "a field" {
				wrong = append(wrong, misplaced{from: c.Pos(), to: c.End(),
					message: fmt.Sprintf("%s is no directive but a tag of the field: write `brook:%q` behind its type", c.Text, d.verb)})
				continue
			}
			for _, p := range problems {
				wrong = append(wrong, misplaced{from: c.Pos() + token.Pos(p.off), to: c.Pos() +
					token.Pos(p.end), message: p.message})
			}
			m := &mark{directive: d, file: f, comment: c, faulty: len(problems) > 0}
			if message := f.place(m, own); message != "" {
				if !slices.Contains(verbs, d.verb) {
					continue // that it is unknown is enough
				}
				wrong = append(wrong, misplaced{from: c.Pos(), to: c.End(), message: message,
					handles: d.verb == verbHandle})
				if own == nil { // what is below is what it was meant for
					m.spec, m.fn = f.below(c.End())
					m.faulty = true
					if f.fits(m) {
						marks = append(marks, m)
					}
				}
				continue
			}
			marks = append(marks, m)
		}
	}
	return marks, wrong
}

// place ties a directive to its declaration, or says why it can't.
func (f *file) place(m *mark, own *owner) string {
	verb := directivePrefix + m.verb
	switch {
	case own == nil:
		for _, body := range f.bodies {
			if body.contains(m.comment.Pos()) {
				return fmt.Sprintf("%s has no meaning inside a function: declare at package level what it marks", verb)
			}
		}
		return fmt.Sprintf("%s belongs to no declaration: put it into the doc comment right above one, with no empty line between", verb)
	case own.what != "":
		return fmt.Sprintf("%s has no meaning on %s: %s", verb, own.what, wants(m.verb))
	case m.onMethod() && own.fn == nil:
		return fmt.Sprintf("%s has no meaning on a type: it marks a method", verb)
	case m.verb == verbUpcast && !hasReceiver(own.fn):
		return fmt.Sprintf("%s has no meaning on the function %s: make it a method of the earlier version's type", verb, own.fn.Name.Name)
	case m.verb == verbHandle && !hasReceiver(own.fn):
		return fmt.Sprintf("%s has no meaning on the function %s: give it a receiver, the handler set that it belongs to", verb, own.fn.Name.Name)
	case m.verb == verbWork && !hasReceiver(own.fn):
		return fmt.Sprintf("%s has no meaning on the function %s: give it a receiver, which is an argument of NewApp", verb, own.fn.Name.Name)
	case !m.onMethod() && slices.Contains(verbs, m.verb) && own.spec == nil:
		return fmt.Sprintf("%s has no meaning on %s: %s", verb, funcKind(own.fn), wants(m.verb))
	}
	m.spec, m.fn = own.spec, own.fn
	return ""
}

// onMethod reports whether the directive is one for methods.
func (m *mark) onMethod() bool { return onMethod(m.verb) }

func onMethod(verb string) bool {
	return verb == verbHandle || verb == verbUpcast || verb == verbWork
}

// below gives the type or method that is declared next after a place.
func (f *file) below(p token.Pos) (*ast.TypeSpec, *ast.FuncDecl) {
	for _, d := range f.decls {
		if d.Pos() < p {
			continue
		}
		switch d := d.(type) {
		case *ast.FuncDecl:
			return nil, d
		case *ast.GenDecl:
			if len(d.Specs) == 1 && d.Doc == nil {
				spec, _ := d.Specs[0].(*ast.TypeSpec)
				return spec, nil
			}
		}
		break
	}
	return nil, nil
}

// fits reports whether what a directive stands above is what such a directive is for.
func (f *file) fits(m *mark) bool {
	if m.onMethod() {
		return m.fn != nil && hasReceiver(m.fn)
	}
	return m.spec != nil
}

func funcKind(fn *ast.FuncDecl) string {
	if hasReceiver(fn) {
		return "the method " + fn.Name.Name
	}
	return "the function " + fn.Name.Name
}

// hasReceiver reports whether fn is a method: func () F() is none.
func hasReceiver(fn *ast.FuncDecl) bool { return fn.Recv != nil && len(fn.Recv.List) > 0 }

func wants(verb string) string {
	if onMethod(verb) {
		return "it marks a method"
	}
	return "it marks a type"
}

// owners tells for each comment group of the file what it belongs to.
func (f *file) owners() map[*ast.CommentGroup]*owner {
	owners := map[*ast.CommentGroup]*owner{}
	set := func(group *ast.CommentGroup, o owner) {
		if group != nil {
			owners[group] = &o
		}
	}
	for _, d := range f.decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			set(d.Doc, owner{fn: d})
		case *ast.GenDecl:
			switch {
			case d.Tok != token.TYPE:
				set(d.Doc, owner{what: "a " + d.Tok.String() + " declaration"})
			case d.Lparen.IsValid():
				set(d.Doc, owner{what: "a group of types"})
			}
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					if !d.Lparen.IsValid() {
						set(d.Doc, owner{spec: s})
					}
					set(s.Doc, owner{spec: s})
					set(s.Comment, owner{what: "the line of a declaration"})
					members(s.Type, set)
				case *ast.ValueSpec:
					set(s.Doc, owner{what: "a " + d.Tok.String() + " declaration"})
					set(s.Comment, owner{what: "a " + d.Tok.String() + " declaration"})
				}
			}
		}
	}
	return owners
}

// members sets the owners of comments inside a type.
func members(t ast.Expr, set func(*ast.CommentGroup, owner)) {
	ast.Inspect(t, func(n ast.Node) bool {
		what := ""
		var fields *ast.FieldList
		switch n := n.(type) {
		case *ast.StructType:
			what, fields = "a field", n.Fields
		case *ast.InterfaceType:
			what, fields = "a method of an interface", n.Methods
		default:
			return true
		}
		for _, field := range fields.List {
			set(field.Doc, owner{what: what})
			set(field.Comment, owner{what: what})
		}
		return true
	})
}

// part is a stretch of the comment.
func (m *mark) part(off, end int) span {
	return span{m.comment.Pos() + token.Pos(off), m.comment.Pos() + token.Pos(end)}
}
