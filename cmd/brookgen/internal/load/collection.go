package load

import (
	"fmt"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"unicode"

	"github.com/brookgen/brookgen/cmd/brookgen/internal/spelling"
	"github.com/brookgen/brookgen/templates/model"
)

// addCollection adds a collection.
func (a *analysis) addCollection(m *mark, obj types.Object) {
	c := &model.Collection{
		Pos:     a.place(m.spec.Name.Pos()),
		Name:    m.name,
		GoName:  camel(m.name),
		Type:    a.b.of(obj.Type()),
		History: true,
	}
	if o := m.option("history"); o != nil {
		c.History = o.value == "on"
	}
	if o := m.option("go"); o != nil {
		c.GoName = o.value
	}
	if !token.IsIdentifier(c.GoName) || !startsUpper(c.GoName) {
		a.report(m.nameSpan(), "collection %s gives no Go name: add go=Name", m.name)
	}
	tagged := a.taggedFields(obj.Type())
	key, at, problem := a.collectionKey(m, obj, tagged)
	if problem != "" {
		a.report(at, "%s", problem)
	}
	c.Key = key
	if key == nil { // everybody may rely on there being one
		c.Key = &model.Key{Type: a.b.of(types.Typ[types.Invalid])}
	}
	a.addIndexes(c, obj.Type(), tagged)
	for _, other := range a.out.Collections {
		if other.Name == c.Name {
			a.report(m.nameSpan(), "collection %s is declared twice, here and at %s: give one another name", c.Name, a.short(other.Pos))
			break
		}
	}
	a.colls[obj] = c
	a.out.Collections = append(a.out.Collections, c)
}

// camel joins the parts of a name that letters and digits make, each with an upper-case first
// letter.
func camel(name string) string {
	var sb strings.Builder
	for part := range strings.FieldsFuncSeq(name,
		func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		for i, r := range part {
			if i == 0 {
				r = unicode.ToUpper(r)
			}
			sb.WriteRune(r)
		}
	}
	return sb.String()
}

// collectionKey works out a collection's key: from its option, else from the tagged field.
func (a *analysis) collectionKey(m *mark, obj types.Object,
	tagged []taggedField) (*model.Key, span, string) {
	if o := m.option("key"); o != nil {
		key, problem := a.keyOption(m, obj, o.value)
		return key, m.at("key", m.spec.Name), problem
	}
	var keys []taggedField
	for _, f := range tagged {
		if hasWord(f.tag, tagKey) {
			keys = append(keys, f)
		}
	}
	name := m.spec.Name.Name
	switch len(keys) {
	case 0:
		if m.faulty && strings.Contains(m.comment.Text, "key") {
			return nil, at(m.spec.Name), "" // what is said of the option is enough
		}
		return nil, at(m.spec.Name), fmt.Sprintf("collection %s has no key: tag a field of %s with brook:\"key\", or write key=Field, or key=Type where the value does not carry its key", m.name, name)
	case 1:
		key, problem := a.carried(obj.Type(), keys[0].path)
		return key, keys[0].at, problem
	}
	return nil, keys[1].at, fmt.Sprintf("collection %s has one key, but %s and %s are both tagged brook:\"key\": for a key of both, write key=%sKey with type %sKey struct { … }",
		m.name, dotted(keys[0].path), dotted(keys[1].path), name, name)
}

// carried is the key that a field of the value carries.
func (a *analysis) carried(t types.Type, path []model.PathStep) (*model.Key, string) {
	for _, step := range path[:len(path)-1] {
		if step.Pointer {
			return nil, fmt.Sprintf("a collection's key can't lie behind a pointer, as %s does behind %s: write %s without the pointer", dotted(path), step.Name, step.Name)
		}
	}
	f, problem := a.keyAt(t, path)
	if problem != "" {
		return nil, problem
	}
	return keyOf([]model.KeyField{f}), ""
}

// keyOption resolves key=…: a field of the value, else a type.
func (a *analysis) keyOption(m *mark, obj types.Object, value string) (*model.Key, string) {
	name := m.spec.Name.Name
	switch {
	case value == ".":
		return nil, fmt.Sprintf("key=. is for events: write key=Field or key=Type for collection %s", m.name)
	case strings.Contains(value, ",") && !strings.Contains(value, "["):
		return nil, fmt.Sprintf("key=%s: a collection has one key: write key=%sKey with type %sKey struct { … }", value, name, name)
	}
	first, _, _ := strings.Cut(value, ".")
	found, _, _ := types.LookupFieldOrMethod(obj.Type(), true, obj.Pkg(), first)
	if _, isField := found.(*types.Var); isField {
		path, problem := a.path(obj.Type(), obj.Pkg(), value)
		if problem == "" {
			var key *model.Key
			if key, problem = a.carried(obj.Type(), path); problem == "" {
				return key, ""
			}
		}
		return nil, fmt.Sprintf("key=%s: %s", value, problem)
	}
	tv, err := types.Eval(a.fset, a.src.types, m.spec.Pos(), value)
	if qualifier, typ, ok := strings.Cut(value, "."); ok && err != nil &&
		token.IsIdentifier(qualifier) && token.IsIdentifier(typ) &&
		!m.file.imported(qualifier, a.src) {
		return nil, fmt.Sprintf("key=%s: this file imports no package called %s: import it, or write key=%sKey with type %sKey %s beside that import",
			value, qualifier, name, name, value)
	}
	if (err != nil || !tv.IsType() || a.invalid(tv.Type)) && token.IsIdentifier(value) &&
		startsUpper(value) && spelling.Nearest(value, a.keyNames(obj)) == "" {
		a.undeclared[value] = true
		return nil, fmt.Sprintf("key=%s: %s has no such field, and there is no such type: declare type %s struct { … } with the fields of the key", value, name, value)
	}
	if err != nil || !tv.IsType() || a.invalid(tv.Type) {
		return nil, fmt.Sprintf("key=%s: %s has no such field, and there is no such type%s", value,
			name, didYouMean(value, a.keyNames(obj), ""))
	}
	k := a.b.of(tv.Type)
	parts, problem := a.keyParts(k)
	if problem != "" {
		return nil, fmt.Sprintf("key=%s: %s", value, problem)
	}
	return &model.Key{Type: k, Parts: parts}, ""
}

// keyNames are what a key option could have meant.
func (a *analysis) keyNames(obj types.Object) []string {
	names := fieldNames(obj.Type())
	for _, name := range a.src.types.Scope().Names() {
		if _, isType := a.src.types.Scope().Lookup(name).(*types.TypeName); isType &&
			name != obj.Name() {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return append(names, "string", "int", "int64", "uint64", "bool")
}
