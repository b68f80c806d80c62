package load

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/brookgen/brookgen/templates/model"
)

// A candidate is a field that encoding/json would consider, before shadowing.
type candidate struct {
	model.JSONField
	tagged bool
	index  []int
}

// A clash is two fields of one depth of which one hides the other, or both each other, though
// nobody can have meant it. A field twice is one of a struct that is embedded several times.
type clash struct {
	name string
	a, b candidate
}

// String says what the clash is and what to do.
func (c clash) String() string {
	switch {
	case slices.Equal(c.a.index, c.b.index):
		return fmt.Sprintf("field %s is in a struct that is embedded on several ways, so encoding/json leaves it out: embed it once, or give one of them a name", dotted(c.b.Path))
	case c.a.tagged == c.b.tagged:
		return fmt.Sprintf("fields %s and %s have one wire name, %q, so encoding/json leaves out both: give one another json name", dotted(c.a.Path), dotted(c.b.Path), c.name)
	}
	return fmt.Sprintf("field %s has the wire name of %s, %q, so encoding/json leaves it out: give one another json name", dotted(c.b.Path), dotted(c.a.Path), c.name)
}

// An embedded is a struct whose fields are promoted.
type embedded struct {
	typ   *model.Type
	path  []model.PathStep
	index []int
	pii   bool // it is embedded as such
}

// wireFields gives the fields of a struct as encoding/json sees them, by the rules of its
// typeFields: promotion, tags before names, shadowing by depth, and equals that annihilate each
// other.
func wireFields(root *model.Type) ([]model.JSONField, []clash) {
	var found []candidate
	visited := map[*model.Type]bool{}
	var count, nextCount map[*model.Type]int
	for current, next := []embedded(nil), []embedded{{typ: root}}; len(next) > 0; {
		current, next = next, nil
		count, nextCount = nextCount, map[*model.Type]int{}
		for _, at := range current {
			if visited[at.typ] {
				continue
			}
			visited[at.typ] = true
			for i := range at.typ.Fields {
				c, promoted := considered(at, i)
				switch {
				case c == nil:
				case promoted == nil:
					found = append(found, *c)
					if count[at.typ] > 1 {
						found = append(found, *c) // several embeddings: one more, to be annihilated
					}
				default:
					nextCount[promoted]++
					if nextCount[promoted] == 1 {
						next = append(next, embedded{promoted, c.Path, c.index, c.PII})
					}
				}
			}
		}
	}
	return dominant(found)
}

// considered gives field i of a struct, if encoding/json looks at it, and the struct whose
// fields it promotes, if it does.
func considered(at embedded, i int) (*candidate, *model.Type) {
	f := &at.typ.Fields[i]
	inner := f.Type
	if inner.Kind == model.Pointer && inner.Named == nil && inner.Elem != nil {
		inner = inner.Elem
	}
	promotable := structural(inner)
	if f.Skip || !f.Exported && !(f.Embedded && promotable) {
		return nil, nil
	}
	_, opts, _ := strings.Cut(reflect.StructTag(f.Tag).Get("json"), ",")
	name := jsonName(f.Tag)
	c := &candidate{
		JSONField: model.JSONField{
			Pos:  f.Pos,
			Name: cmp.Or(name, f.Name),
			Path: append(slices.Clone(at.path), model.PathStep{
				Name: f.Name, Type: f.Type, Embedded: f.Embedded,
				Pointer: f.Type.Kind == model.Pointer,
			}),
			Type:      f.Type,
			OmitEmpty: hasOption(opts, "omitempty"),
			OmitZero:  hasOption(opts, "omitzero"),
			String:    hasOption(opts, "string") && quotable(inner.Kind),
			Required:  f.Required,
			Was:       f.Was,
			Default:   f.Default,
			PII:       f.PII || at.pii,
		},
		tagged: name != "",
		index:  append(slices.Clone(at.index), i),
	}
	if name != "" || !f.Embedded || !promotable {
		return c, nil
	}
	return c, inner
}

// jsonName is the name that a field's json tag gives, or "".
func jsonName(tag string) string {
	name, _, _ := strings.Cut(reflect.StructTag(tag).Get("json"), ",")
	if !validName(name) {
		return ""
	}
	return name
}

// structural reports whether reflect calls a type a struct: time.Time is one too.
func structural(t *model.Type) bool { return t.Kind == model.Struct || t.Kind == model.Time }

// quotable reports whether encoding/json heeds the string option for a kind.
func quotable(k model.Kind) bool {
	return k >= model.Bool && k <= model.String || k == model.Number
}

// dominant keeps one field, or none, of each name, in the order of their indexes.
func dominant(found []candidate) ([]model.JSONField, []clash) {
	slices.SortFunc(found, func(a, b candidate) int {
		tagged := 0
		if a.tagged != b.tagged {
			tagged = 1
			if a.tagged {
				tagged = -1
			}
		}
		return cmp.Or(
			cmp.Compare(a.Name, b.Name),
			cmp.Compare(len(a.index), len(b.index)),
			tagged,
			slices.Compare(a.index, b.index),
		)
	})
	var kept []candidate
	var clashes []clash
	for i := 0; i < len(found); {
		n := 1
		for i+n < len(found) && found[i+n].Name == found[i].Name {
			n++
		}
		same := found[i : i+n]
		if n == 1 || len(same[0].index) != len(same[1].index) || same[0].tagged != same[1].tagged {
			kept = append(kept, same[0])
		}
		for _, other := range same[1:] {
			if len(other.index) == len(same[0].index) {
				clashes = append(clashes, clash{same[0].Name, same[0], other})
			}
		}
		i += n
	}
	slices.SortFunc(kept, func(a, b candidate) int { return slices.Compare(a.index, b.index) })
	fields := make([]model.JSONField, len(kept))
	for i, c := range kept {
		fields[i] = c.JSONField
	}
	return fields, clashes
}

func hasOption(opts, name string) bool {
	for opts != "" {
		var o string
		o, opts, _ = strings.Cut(opts, ",")
		if o == name {
			return true
		}
	}
	return false
}

// validName is encoding/json's isValidTag: another name is as good as none.
func validName(s string) bool {
	if s == "" {
		return false
	}
	for _, c := range s {
		switch {
		case strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", c):
		case !unicode.IsLetter(c) && !unicode.IsDigit(c):
			return false
		}
	}
	return true
}
