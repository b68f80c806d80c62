package load

import (
	"fmt"
	"go/ast"
	"go/types"
	"reflect"
	"slices"
	"strconv"
)

// checkTag says what is wrong with a field's tag in itself.
func checkTag(tag string, reached bool) string {
	if problem := checkTagText(tag, reached); problem != "" {
		return problem
	}
	value, ok := reflect.StructTag(tag).Lookup("brook")
	if !ok {
		return ""
	}
	if value == "" {
		return fmt.Sprintf("empty brook tag; the words are %s", enumerate(tagForms))
	}
	list := words(tag)
	for i, w := range list {
		if problem := w.check(list[:i]); problem != "" {
			return problem
		}
	}
	switch {
	case hasWord(tag, tagIndex) && hasWord(tag, tagUnique):
		return "unique is an index already: write unique alone"
	case hasWord(tag, tagKey) && (hasWord(tag, tagIndex) || hasWord(tag, tagUnique)):
		return "a key is unique and indexed already: write key alone"
	}
	return checkDefaultTag(tag)
}

// What each word is for, as messages say it.
var tagMeaning = map[string]string{
	tagKey:      "it is for a collection's own fields, and for fields of events and of what they contain",
	tagIndex:    "it is for a collection's own fields, or those of a struct that it embeds",
	tagUnique:   "it is for a collection's own fields, or those of a struct that it embeds",
	tagRequired: "it is for fields that are read from the wire with an event",
	tagWas:      "it is for fields that are read from the wire with an event, or from a store with a row",
	tagPII:      "it is for fields that are written with an event, a job or a row",
	tagDefault:  "it is for fields that are read from the wire with an event: a row holds all of its fields, and begins with Go's zero values",
}

// checkTags reports brook tags that are faulty, or that mean nothing where they stand.
func (a *analysis) checkTags() {
	for _, f := range a.src.files {
		for _, d := range f.decls {
			gen, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, s := range gen.Specs {
				spec, isType := s.(*ast.TypeSpec)
				meant := isType && a.here(spec)
				reached := isType && a.reached(spec)
				if isType && !reached {
					a.undirected(spec)
				}
				ast.Inspect(s, func(n ast.Node) bool {
					if field, ok := n.(*ast.Field); ok && field.Tag != nil {
						a.checkField(field, meant, reached)
					}
					return true
				})
			}
		}
	}
}

// here reports whether the tags of a type can only be meant for this package: an exported type that
// nothing annotated contains may be part of another package's events.
func (a *analysis) here(spec *ast.TypeSpec) bool {
	obj := a.src.info.Defs[spec.Name]
	if obj == nil || a.unbuilt {
		return false
	}
	return !spec.Name.IsExported() || a.reached(spec)
}

// undirected reports an exported struct with tags that only annotated types have, and no directive.
func (a *analysis) undirected(spec *ast.TypeSpec) {
	s, ok := spec.Type.(*ast.StructType)
	obj := a.src.info.Defs[spec.Name]
	if !ok || a.unbuilt || !spec.Name.IsExported() || obj == nil || a.marked[obj] != nil {
		return
	}
	for _, field := range s.Fields.List {
		if field.Tag == nil {
			continue
		}
		tag, err := strconv.Unquote(field.Tag.Value)
		if err != nil {
			continue
		}
		for _, w := range words(tag) {
			if slices.Contains(tagWords, w.name) {
				a.report(at(spec.Name), "%s has brook tags, but no directive, and nothing that has one contains it: put //brook:event NAME, //brook:collection NAME or //brook:job NAME above it, or remove the tags",
					spec.Name.Name)
				return
			}
		}
	}
}

// reached reports whether a type is written or read here.
func (a *analysis) reached(spec *ast.TypeSpec) bool {
	obj, ok := a.src.info.Defs[spec.Name].(*types.TypeName)
	return ok && a.b.reached[obj]
}

func (a *analysis) checkField(field *ast.Field, meant, reached bool) {
	tag, err := strconv.Unquote(field.Tag.Value)
	if err != nil {
		return // the parser has seen to that
	}
	if problem := checkTag(tag, reached); problem != "" {
		a.report(at(field.Tag), "%s", problem)
		return
	}
	if !meant {
		return
	}
	for _, name := range fieldIdents(field) {
		for _, w := range words(tag) {
			if !a.used[a.place(name.Pos())][w.name] {
				a.report(at(field.Tag), "brook:%q has no meaning on %s: %s", w, name.Name,
					a.meaning(w, field, name, tag))
			}
		}
	}
}

// meaning says why a word has no meaning on a field: what is wrong with the field, or what the
// word is for.
func (a *analysis) meaning(w tagWord, field *ast.Field, name *ast.Ident, tag string) string {
	if w.name != tagWas && w.name != tagDefault && w.name != tagPII {
		return tagMeaning[w.name]
	}
	switch {
	case reflect.StructTag(tag).Get("json") == "-":
		return "it has json:\"-\", so it is neither read nor written"
	case w.name != tagPII && len(field.Names) == 0 && jsonName(tag) == "" && a.isStructField(name):
		return "it is embedded, so that its fields stand among the others on the wire and it has no name there: tag its fields"
	case !name.IsExported():
		return "it is unexported, so it is neither read nor written"
	}
	return tagMeaning[w.name]
}

// isStructField reports whether the field that a name declares is a struct or a pointer to one.
func (a *analysis) isStructField(name *ast.Ident) bool {
	v := a.src.info.Defs[name]
	return v != nil && isStruct(v.Type())
}

// fieldIdents are the names of a field; for an embedded one that of its type.
func fieldIdents(field *ast.Field) []*ast.Ident {
	if len(field.Names) > 0 {
		return field.Names
	}
	t := ast.Unparen(field.Type)
	if star, ok := t.(*ast.StarExpr); ok {
		t = ast.Unparen(star.X)
	}
	switch x := t.(type) {
	case *ast.IndexExpr:
		t = x.X
	case *ast.IndexListExpr:
		t = x.X
	}
	switch x := t.(type) {
	case *ast.Ident:
		return []*ast.Ident{x}
	case *ast.SelectorExpr:
		return []*ast.Ident{x.Sel}
	}
	return nil
}
