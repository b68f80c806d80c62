package load

import (
	"fmt"
	"slices"
	"strings"

	"github.com/brookgen/brookgen/templates/model"
)

// obstacle says what in a handler's signature keeps its package to one lane, or "". The runtime
// judges the same.
func (a *analysis) obstacle(h *model.Handler) string {
	if h.Event.Key == nil {
		return fmt.Sprintf("handles %s, which has no key", h.Event.Name)
	}
	var event []model.KeyPart
	for _, f := range h.Event.Key.Fields {
		event = append(event, f.Parts...)
	}
	for _, r := range h.Reads {
		if r.Index != nil {
			return fmt.Sprintf("reads %s by %s, which may lead to any row", r.Collection.Name,
				r.Index.GoName)
		}
	}
	var touched []*model.Collection
	for _, r := range h.Reads {
		touched = append(touched, r.Collection)
	}
	for _, r := range h.Results {
		if r.Kind != model.Change {
			continue
		}
		if i := slices.IndexFunc(r.Collection.Indexes,
			func(x *model.Index) bool { return x.Unique }); i >= 0 {
			return fmt.Sprintf("writes %s, whose field %s is unique among all rows",
				r.Collection.Name, r.Collection.Indexes[i].GoName)
		}
		touched = append(touched, r.Collection)
	}
	for _, e := range timers(h) {
		var own []model.KeyPart
		for _, f := range e.Key.Fields {
			own = append(own, f.Parts...)
		}
		if !slices.EqualFunc(own, event, sameShape) {
			return fmt.Sprintf("sets timers of %s, whose keys (%s) are not those of %s (%s)",
				e.Name, shapes(own), h.Event.Name, shapes(event))
		}
	}
	for _, c := range touched {
		own := c.Key.Parts
		if len(own) < len(event) || !slices.EqualFunc(own[:len(event)], event, sameShape) {
			return fmt.Sprintf("touches %s, whose keys (%s) can't begin with the key of %s (%s)",
				c.Name, shapes(own), h.Event.Name, shapes(event))
		}
	}
	return ""
}

func sameShape(x, y model.KeyPart) bool { return shape(x.Type) == shape(y.Type) }

// shape is what a leaf of a key looks like as bytes.
func shape(t *model.Type) string {
	switch t.Kind {
	case model.Int:
		return "int64"
	case model.Uint, model.Uintptr:
		return "uint64"
	case model.Array:
		return fmt.Sprintf("[%d]byte", t.Len)
	}
	return kindWords[t.Kind]
}

var kindWords = map[model.Kind]string{model.String: "string", model.Bool: "bool",
	model.Int8: "int8", model.Int16: "int16", model.Int32: "int32", model.Int64: "int64",
	model.Uint8: "uint8", model.Uint16: "uint16", model.Uint32: "uint32", model.Uint64: "uint64"}

func shapes(parts []model.KeyPart) string {
	words := make([]string, len(parts))
	for i, p := range parts {
		words[i] = shape(p.Type)
	}
	return strings.Join(words, " ")
}
