package load

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"github.com/brookgen/brookgen/templates/model"
)

// A burial is a handler that takes the tombstones of an event.
type burial struct {
	name  string // of the handler
	event *event
	key   *model.Key
	at    span
}

// tombstone reads the first parameter of a handler, which is a brook.Tombstone[K, E].
func (a *analysis) tombstone(h *model.Handler, name string, p variable) {
	args := isRuntime(p.typ, "Tombstone").TypeArgs()
	of, k := at(p.expr), at(p.expr)
	if i, ok := ast.Unparen(p.expr).(*ast.IndexListExpr); ok && len(i.Indices) == 2 {
		k, of = at(i.Indices[0]), at(i.Indices[1])
	}
	e := a.eventOf(args.At(1), name, "handles tombstones of", of)
	if e == nil {
		a.noEvent(args.At(1))
		return
	}
	key := a.tombstoneKey(name, e, args.At(0), k, of)
	if key == nil {
		a.lost, a.unwritten = true, true
		return
	}
	h.Event, h.Tombstone = e.Event, key
	a.burials = append(a.burials, burial{name, e, key, of})
}

// tombstoneKey returns the key of type k that the tombstones of e have, or says why they have none.
func (a *analysis) tombstoneKey(name string, e *event, k types.Type, at, of span) *model.Key {
	payload := a.describe(e.obj.Type())
	switch {
	case a.invalid(k):
		a.report(at, "%s: the type of the key can't be made out: go vet tells more", name)
		return nil
	case e.Key == nil:
		a.report(of, "%s handles tombstones of %s, which has no key, and a tombstone has nothing else: tag a field of it brook:\"key\"", name, payload)
		return nil
	}
	t := a.b.of(k)
	parts, problem := a.keyParts(t)
	if problem != "" {
		a.report(at, "%s: %s", name, problem)
		return nil
	}
	var own []model.KeyPart
	var names []string
	for _, f := range e.Key.Fields {
		own = append(own, f.Parts...)
		for _, part := range f.Parts {
			names = append(names, lastName(slices.Concat(f.Path, part.Path)))
		}
	}
	if !slices.EqualFunc(parts, own,
		func(x, y model.KeyPart) bool { return shape(x.Type) == shape(y.Type) }) {
		a.report(at, "%s: the key of %s is of %s, and %s of %s: %s", name, payload, shapes(own),
			a.describe(k), shapes(parts), keyOfTombstone(own))
		return nil
	}
	var given []string
	for _, part := range parts {
		given = append(given, lastName(part.Path))
	}
	if len(parts) > 1 && !slices.Equal(given, names) &&
		slices.Equal(slices.Sorted(slices.Values(given)), slices.Sorted(slices.Values(names))) {
		a.report(at, "%s: the key of %s is %s in this order, and %s has them in another one",
			name, payload, enumerate(names), a.describe(k))
		return nil
	}
	return &model.Key{Type: t, Parts: parts}
}

// keyOfTombstone says what to write for the key.
func keyOfTombstone(parts []model.KeyPart) string {
	if len(parts) == 1 {
		return "write brook.Tombstone[" + strings.ReplaceAll(shape(parts[0].Type), "[]", "") + ", …]"
	}
	return "write a struct of the same fields, in their order"
}

func lastName(path []model.PathStep) string {
	if len(path) == 0 {
		return ""
	}
	return path[len(path)-1].Name
}

// checkTombstones checks that a topic whose null values are handled has one event of the package.
func (a *analysis) checkTombstones() {
	keys := map[*model.Event]burial{}
	for _, b := range a.burials {
		e := b.event.Event
		switch first, again := keys[e]; {
		case again && first.key.Type != b.key.Type:
			a.report(b.at, "%s takes the key of a tombstone of %s as %s, and %s as %s: take it as one type",
				b.name, e.Name, a.describe(a.b.goType[b.key.Type]), first.name,
				a.describe(a.b.goType[first.key.Type]))
		case !again:
			keys[e] = b
		}
		if e.Publish {
			a.report(b.at, "%s handles tombstones of %s, which is marked publish, so that its topic is not read: remove one", b.name, e.Name)
		}
		for _, other := range a.out.Events {
			if other == e || other.Topic != e.Topic {
				continue
			}
			topic := "topic " + e.Topic
			if e.Topic == "" {
				topic = "the app's topic"
			}
			a.report(b.at, "%s handles tombstones of %s, but %s has event %s too, and a null value says nothing of its event: give one of them a topic of its own, with topic=",
				b.name, e.Name, topic, other.Name)
			break
		}
	}
}

// inters reports whether a handler of tombstones writes a collection.
func (a *analysis) inters(c *model.Collection) bool {
	for _, s := range a.out.Sets {
		for _, h := range s.Handlers {
			if h.Tombstone != nil && slices.ContainsFunc(h.Results,
				func(r model.Result) bool { return r.Collection == c }) {
				return true
			}
		}
	}
	return false
}

// buried works out which parts of a tombstone make its key: those of its field Key.
func (p *proof) buried(h *model.Handler, name string, tombstone *types.Struct) {
	p.key = name + ".Key"
	for i := range tombstone.NumFields() {
		if tombstone.Field(i).Name() != "Key" {
			continue
		}
		from := p.offset(tombstone, i)
		for j := range p.size(tombstone.Field(i).Type()) {
			p.start.tags[from+j] = j
			p.leaves++
		}
	}
	if p.leaves != len(h.Tombstone.Parts) {
		p.leaves = 0
	}
}
