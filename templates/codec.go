package templates

import (
	"github.com/dave/jennifer/jen"

	"github.com/brookgen/brookgen/templates/model"
)

// role is what an unexported function of a codec does with a type.
type role uint8

const (
	encoding      role = iota // func(e *wire.Encoder, v *T)
	encodingValue             // the same, where encoding/json could not take the value's address
	decoding                  // func(d *wire.Decoder, v *T)
	copying                   // func(c *wire.Cloner, dst, src *T)
	packing                   // func(c *pack.Coder, v *T), both ways
	presetting                // func(v *T)
)

var rolePrefix = [...]string{"encode", "encode", "decode", "copy", "pack", "preset"}

// roleSuffix ends the names of functions where all shorter ones are taken.
var roleSuffix = [...]string{"JSON", "JSON", "JSON", "JSON", "Store", "JSON"}

// work is a function that some other function calls.
type work struct {
	typ  *model.Type
	role role
}

// codecs writes functions for types, one for each type and role that is called for.
type codecs struct {
	*names
	base  map[*model.Type]string // what a type is called in names of functions
	funcs map[work]string
	queue []work
	hint  string // a name for a struct without one: the field that is being written
}

func newCodecs(n *names) *codecs {
	return &codecs{names: n, base: map[*model.Type]string{}, funcs: map[work]string{}}
}

// fn gives the name of the function for a type and role, which will be written.
func (c *codecs) fn(t *model.Type, r role) string {
	w := work{t, r}
	if name, ok := c.funcs[w]; ok {
		return name
	}
	prefix, base := rolePrefix[r], c.baseName(t)
	if r == encodingValue {
		base += "Value"
	}
	wanted := []string{prefix + base}
	if t.Named != nil && t.Named.PkgPath != "" && t.Named.PkgPath != c.pkg.Path {
		wanted = append(wanted, prefix+upperFirst(t.Named.PkgName)+base)
	}
	if reserved, ok := c.stored[t]; ok && r == packing {
		c.funcs[w] = reserved.pack
	} else {
		c.funcs[w] = c.top.pick(append(wanted, prefix+base+roleSuffix[r])...)
	}
	c.queue = append(c.queue, w)
	return c.funcs[w]
}

// write gives the functions that were called for and are not written yet, and those that these
// call, by type.
func (c *codecs) write(emit func(work) []jen.Code) []jen.Code {
	var order []*model.Type
	byType := map[*model.Type][]jen.Code{}
	for len(c.queue) > 0 {
		w := c.queue[0]
		c.queue = c.queue[1:]
		if byType[w.typ] == nil {
			order = append(order, w.typ)
		}
		byType[w.typ] = append(byType[w.typ], emit(w)...)
	}
	var all []jen.Code
	for _, t := range order {
		all = append(all, byType[t]...)
	}
	return all
}

// baseName makes an identifier of a type: Tag, TagSlice, StringTagMap.
func (c *codecs) baseName(t *model.Type) string {
	if name, ok := c.base[t]; ok {
		return name
	}
	name := c.makeName(t)
	c.base[t] = name
	return name
}

func (c *codecs) makeName(t *model.Type) string {
	if t.Named != nil {
		name := upperFirst(t.Named.Name)
		for _, arg := range t.Named.Args {
			name += c.baseName(arg)
		}
		return name
	}
	switch t.Kind {
	case model.Pointer:
		return c.baseName(t.Elem) + "Pointer"
	case model.Slice, model.Bytes:
		return c.baseName(t.Elem) + "Slice"
	case model.Array:
		return c.baseName(t.Elem) + "Array"
	case model.Map:
		return c.baseName(t.Key) + c.baseName(t.Elem) + "Map"
	case model.Any:
		return "Any"
	case model.Struct:
		return c.hint + "Struct"
	}
	return "Value"
}

// codecRoot is a type that gets exported functions of its own.
type codecRoot struct {
	name    string
	typ     *model.Type
	version int // of an earlier version of an event, which is only decoded; 0: it is none
	event   bool
}

// codecRoots are the own events, and the collections' types.
func codecRoots(p *model.Package) []codecRoot {
	var roots []codecRoot
	seen := map[string]bool{}
	add := func(name string, t *model.Type, version int, event bool) {
		if !seen[name] {
			seen[name] = true
			roots = append(roots, codecRoot{name, t, version, event})
		}
	}
	for _, e := range p.Payloads() {
		if e.Foreign() {
			continue
		}
		add(e.GoName, e.Type, 0, true)
		for _, v := range e.Earlier {
			add(v.Type.Named.Name, v.Type, v.Version, true)
		}
	}
	for _, col := range p.Collections {
		add(col.Type.Named.Name, col.Type, 0, false)
	}
	return roots
}

// jsonFile writes brook_json_gen.go: nil where there is nothing to serialize.
func (n *names) jsonFile() *jen.File {
	roots := codecRoots(n.pkg)
	if len(roots) == 0 {
		return nil
	}
	c := newCodecs(n)
	f := n.file()
	for _, r := range roots {
		c.hint = r.name
		if r.version == 0 {
			f.Add(c.appendJSON(r)).Line()
		}
		f.Add(c.decodeJSON(r)).Line()
		for _, decl := range c.write(c.jsonFunc) {
			f.Add(decl).Line()
		}
	}
	return f
}

func (c *codecs) jsonFunc(w work) []jen.Code {
	switch w.role {
	case decoding:
		return c.decodeFunc(w.typ)
	case presetting:
		return []jen.Code{c.presetFunc(w.typ)}
	}
	return []jen.Code{c.encodeFunc(w.typ, w.role == encodingValue)}
}

// func AppendOrderPlacedJSON(dst []byte, v *OrderPlaced) ([]byte, error)
func (c *codecs) appendJSON(r codecRoot) jen.Code {
	name := "Append" + r.name + "JSON"
	body := []jen.Code{jen.Id("e").Op(":=").Qual(wirePath, maker(r.typ)+"Encoder").Call(jen.Id("dst"))}
	if r.event && demands(r.typ, map[*model.Type]bool{}) {
		body = append(body, jen.Id("e").Dot("Strict").Call())
	}
	body = append(body, c.encode(fieldName{}, r.typ, at("v"), false)...)
	body = append(body, jen.Return(jen.Id("e").Dot("Finish").Call()))
	return jen.Comment(name+" appends *v to dst as JSON. After an error it returns dst as it was.").
		Line().
		Func().Id(name).Params(jen.Id("dst").Index().Byte(),
		jen.Id("v").Op("*").Add(goType(r.typ))).
		Params(jen.Index().Byte(), jen.Error()).Block(body...)
}

// func DecodeOrderPlacedJSON(data []byte) (v OrderPlaced, err error)
func (c *codecs) decodeJSON(r codecRoot) jen.Code {
	name := "Decode" + r.name + "JSON"
	body := []jen.Code{jen.Id("d").Op(":=").Qual(wirePath, "BorrowDecoder").Call(jen.Id("data"))}
	body = append(body, c.decode(r.typ, variable("v"))...)
	body = append(body, jen.Return(jen.Id("v"), jen.Id("d").Dot("Finish").Call()))
	return jen.Comment(name+" decodes the JSON of one "+r.name+". It shares no memory with data.").
		Line().
		Func().Id(name).Params(jen.Id("data").Index().Byte()).
		Params(jen.Id("v").Add(goType(r.typ)), jen.Id("err").Error()).Block(body...)
}

// maker begins the name of the function that makes a coder: New where the compiler sees that it can
// stay on the stack, Borrow where functions that are passed as values take it.
func maker(t *model.Type) string {
	if passes(t, map[*model.Type]bool{}) {
		return "Borrow"
	}
	return "New"
}

// passes reports whether the codec of t passes functions as values.
func passes(t *model.Type, seen map[*model.Type]bool) bool {
	switch t.Kind {
	case model.Pointer, model.Slice, model.Bytes, model.Array, model.Map, model.Any:
		return true
	case model.Struct:
		if seen[t] {
			return false
		}
		seen[t] = true
		for _, f := range t.JSON {
			if passes(f.Type, seen) {
				return true
			}
		}
	}
	return false
}
