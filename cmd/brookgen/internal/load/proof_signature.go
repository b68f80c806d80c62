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
	event := keyParts(h.Event)
	for _, r := range h.Reads {
		if r.Index != nil {
			return fmt.Sprintf("reads %s by %s, which may lead to any row", r.Collection.Name,
				r.Index.GoName)
		}
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
	}
	for _, e := range timers(h) {
		own := keyParts(e)
		if !slices.EqualFunc(own, event, sameShape) {
			return fmt.Sprintf("sets timers of %s, whose keys (%s) are not those of %s (%s)",
				e.Name, shapes(own), h.Event.Name, shapes(event))
		}
	}
	for _, c := range touched(h) {
		own := c.Key.Parts
		if !beginWith(own, event) {
			return fmt.Sprintf("touches %s, whose keys (%s) can't begin with the key of %s (%s)",
				c.Name, shapes(own), h.Event.Name, shapes(event))
		}
		if other := a.otherwiseKeyed(c, event); other != nil {
			return fmt.Sprintf("touches %s, and %s does so for %s, whose keys (%s) are not those of"+
				" %s (%s)", c.Name, a.nameOf(other), other.Event.Name,
				shapes(keyParts(other.Event)), h.Event.Name, shapes(event))
		}
	}
	return ""
}

// otherwiseKeyed returns a handler that touches a collection too, for events whose keys look
// different: events of one row are then in different partitions, although its key begins with the
// keys of both. It returns nil if there is none; one whose key can't begin so has a reason of its
// own.
func (a *analysis) otherwiseKeyed(c *model.Collection, event []model.KeyPart) *model.Handler {
	for _, s := range a.sets {
		for _, h := range s.Handlers {
			if h.Event.Key == nil || !slices.Contains(touched(h), c) {
				continue
			}
			other := keyParts(h.Event)
			if !slices.EqualFunc(other, event, sameShape) && beginWith(c.Key.Parts, other) {
				return h
			}
		}
	}
	return nil
}

// nameOf is a handler's name, as Set.Method.
func (a *analysis) nameOf(h *model.Handler) string {
	for _, s := range a.sets {
		if fn := s.methods[h]; fn != nil {
			return methodName(fn)
		}
	}
	return h.Event.Name
}

// touched returns the collections that a handler reads or writes.
func touched(h *model.Handler) (all []*model.Collection) {
	for _, r := range h.Reads {
		all = append(all, r.Collection)
	}
	for _, r := range h.Results {
		if r.Kind == model.Change {
			all = append(all, r.Collection)
		}
	}
	return all
}

// keyParts returns the leaves of an event's key, in order.
func keyParts(e *model.Event) (all []model.KeyPart) {
	for _, f := range e.Key.Fields {
		all = append(all, f.Parts...)
	}
	return all
}

// beginWith reports whether keys with these leaves can begin with others.
func beginWith(leaves, others []model.KeyPart) bool {
	return len(leaves) >= len(others) && slices.EqualFunc(leaves[:len(others)], others, sameShape)
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
