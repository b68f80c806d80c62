package load

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/brookgen/brookgen/templates/model"
)

// checkDefaultTag says what in a field's tags can't stand beside default=.
func checkDefaultTag(tag string) string {
	if !hasWord(tag, tagDefault) {
		return ""
	}
	_, options, _ := strings.Cut(reflect.StructTag(tag).Get("json"), ",")
	switch {
	case hasWord(tag, tagKey):
		return "default= can't stand on a key, which every event has to tell: remove one of them"
	case hasWord(tag, tagRequired):
		return "default= and required exclude each other: what is absent is either an error or the default"
	case hasOption(options, "omitempty"), hasOption(options, "omitzero"):
		return "default= can't stand beside omitempty or omitzero: a zero value would be left out, and read as the default"
	}
	return ""
}

// defaults reports default values that don't fit their fields, and what would be read with
// defaults that it was not written with.
func (w *walk) defaults(t *model.Type, path string, place Diagnostic) {
	for _, f := range t.JSON {
		problem := ""
		if f.Default != nil {
			problem = w.misfit(*f.Default, f.Type)
		} else if f.OmitZero {
			if inner := defaulted(f.Type, nil); inner != "" {
				problem = fmt.Sprintf("omitzero leaves out a zero value, which is then read with the default of %s: remove omitzero, or make the field a pointer", inner)
			}
		}
		if problem != "" {
			d := nearer(f, place)
			d.Message = fmt.Sprintf("%s.%s: %s", path, dotted(f.Path), problem)
			w.diags = append(w.diags, d)
		}
	}
}

// misfit says why a text can't be the default of a type.
func (w *walk) misfit(text string, t *model.Type) string {
	if t.Kind == model.Pointer && t.Named == nil && t.Elem != nil {
		t = t.Elem
	}
	if by := reader(t); by != "" && t.Kind != model.Number {
		return fmt.Sprintf("default=%s: it is read by %s: default= is for strings, bools and numbers without such a method", text, by)
	}
	var err error
	want := "a number"
	switch {
	case t.Kind == model.String:
		return ""
	case t.Kind == model.Bool:
		if text == "true" || text == "false" {
			return ""
		}
		return fmt.Sprintf("default=%s is neither true nor false", text)
	case t.Kind == model.Number:
	case t.Kind >= model.Int && t.Kind <= model.Int64:
		want = "an integer"
		_, err = strconv.ParseInt(text, 10, bits(t.Kind))
	case t.Kind >= model.Uint && t.Kind <= model.Uintptr:
		want = "an integer without a sign"
		_, err = strconv.ParseUint(text, 10, bits(t.Kind))
	case t.Kind == model.Float32 || t.Kind == model.Float64:
		_, err = strconv.ParseFloat(text, bits(t.Kind))
	default:
		return fmt.Sprintf("default=%s: %s can't have a default, which is for strings, bools, numbers and pointers to them", text, w.describe(w.b.goType[t]))
	}
	switch {
	case isNumber(text) && errors.Is(err, strconv.ErrRange):
		return fmt.Sprintf("default=%s is out of the range of %s", text,
			strings.TrimSuffix(w.bare(w.b.goType[t]), ","))
	case err == nil && isNumber(text):
		return ""
	case strings.Contains(text, ","):
		return fmt.Sprintf("default=%s is not %s: default= takes all that follows, so put it last in the tag", text, want)
	}
	return fmt.Sprintf("default=%s is not %s as JSON writes it", text, want)
}

// bits is the size of a kind of numbers, on a machine with 64 bits.
func bits(k model.Kind) int {
	switch k {
	case model.Int8, model.Uint8:
		return 8
	case model.Int16, model.Uint16:
		return 16
	case model.Int32, model.Uint32, model.Float32:
		return 32
	}
	return 64
}

// isNumber reports whether a text is a number in JSON.
func isNumber(text string) bool {
	return text != "" && (text[0] == '-' || '0' <= text[0] && text[0] <= '9') &&
		text == strings.TrimSpace(text) && json.Valid([]byte(text))
}

// defaulted names a field with a default that a struct has, or a struct in it, or returns "".
func defaulted(t *model.Type, within []*model.Type) string {
	if t.Kind != model.Struct || reader(t) != "" || slices.Contains(within, t) {
		return ""
	}
	within = append(within, t)
	for _, f := range t.JSON {
		if slices.ContainsFunc(f.Path[:len(f.Path)-1],
			func(s model.PathStep) bool { return s.Pointer }) {
			continue // an embedded pointer that is absent stays nil
		}
		if f.Default != nil {
			return dotted(f.Path)
		}
		if inner := defaulted(f.Type, within); inner != "" {
			return dotted(f.Path) + "." + inner
		}
	}
	return ""
}

// rowDefaults reports the defaults of a collection's own fields.
func (a *analysis) rowDefaults(c *model.Collection) {
	for _, f := range c.Type.Fields {
		if f.Default == nil || f.Pos.File == "" {
			continue
		}
		a.use(f.Pos, tagDefault)
		a.reportAt(f.Pos, f.Name, "%s.%s: default=%s has no effect on a collection's field: a row holds all of its fields, and a new one, as a Merge gets it, begins with Go's zero values; set it where the row is made",
			c.Type.Named.Name, f.Name, *f.Default)
	}
}

// keyDefaults reports the defaults of what the key of an event or a job is made of.
func (a *analysis) keyDefaults(e *event, kind string) {
	if e.Key == nil {
		return
	}
	for _, k := range e.Key.Fields {
		for _, part := range k.Parts {
			path := append(slices.Clone(k.Path), part.Path...)
			f := fieldAt(e.Type, path)
			if f == nil || f.Default == nil || hasWord(f.Tag, tagKey) {
				continue // with the tag, what is said of that is enough
			}
			place := pointAt(f.Pos, f.Name)
			if f.Pos.File == "" || e.Foreign() {
				place = pointAt(e.Pos, e.GoName)
			}
			place.Message = fmt.Sprintf("default=%s can't stand on %s, which is the key of %[3]s %[4]s or a part of it: every %[3]s has to tell its key; remove the default",
				*f.Default, dotted(path), kind, e.Name)
			a.note(place)
		}
	}
}

// fieldAt returns the field of a struct at a path, or nil.
func fieldAt(t *model.Type, path []model.PathStep) *model.Field {
	var found *model.Field
	for _, step := range path {
		if t.Kind == model.Pointer && t.Elem != nil {
			t = t.Elem
		}
		i := slices.IndexFunc(t.Fields, func(f model.Field) bool { return f.Name == step.Name })
		if i < 0 {
			return nil
		}
		found = &t.Fields[i]
		t = found.Type
	}
	return found
}
