package load

import (
	"fmt"
	"strings"

	"github.com/brookgen/brookgen/templates/model"
)

// A dumper writes a model as text: what goldens hold. Positions are left to the diagnostics.
type dumper struct {
	strings.Builder
	types []*model.Type
	seen  map[*model.Type]bool
}

func dump(p *model.Package) string {
	d := &dumper{seen: map[*model.Type]bool{}}
	fmt.Fprintf(d, "package %s %s\n", p.Name, p.Path)
	if p.Contract() {
		d.WriteString("contract\n")
	}
	for _, e := range p.Events {
		d.event(e)
	}
	for _, j := range p.Jobs {
		d.WriteString("job ")
		d.event(j)
	}
	for _, c := range p.Collections {
		d.collection(c)
	}
	for _, s := range p.Sets {
		fmt.Fprintf(d, "set %s%s\n", map[bool]string{true: "*"}[s.Pointer], s.Name)
		for _, h := range s.Handlers {
			fmt.Fprintf(d, "\t%s\n", handlerLine(h))
		}
		for _, w := range s.Workers {
			fmt.Fprintf(d, "\t%s\n", workerLine(w))
		}
	}
	for i := 0; i < len(d.types); i++ { // grows while it is written
		d.describe(d.types[i])
	}
	return d.String()
}

func (d *dumper) event(e *model.Event) {
	fmt.Fprintf(d, "event %q %s %s", e.Name, e.GoName, d.ref(e.Type))
	if e.Foreign() {
		fmt.Fprintf(d, " codec=%s.%s", e.CodecPkg, e.CodecName)
	}
	if e.Alias != "" {
		fmt.Fprintf(d, " alias=%s", e.Alias)
	}
	if e.Topic != "" {
		fmt.Fprintf(d, " topic=%s", e.Topic)
	}
	if e.History != defaultHistory {
		fmt.Fprintf(d, " history=%d", e.History)
	}
	if e.Publish {
		d.WriteString(" publish")
	}
	if e.Discard {
		d.WriteString(" discard")
	}
	if len(e.Was) > 0 {
		fmt.Fprintf(d, " was=%s", strings.Join(e.Was, ","))
	}
	d.version(e.Version, e.When)
	d.WriteString("\n")
	d.key(e.Key)
	for _, v := range e.Earlier {
		fmt.Fprintf(d, "\tearlier %s", d.ref(v.Type))
		d.version(v.Version, v.When)
		fmt.Fprintf(d, " upcast=%s%s\n", v.Upcast, map[bool]string{true: ",error"}[v.Fails])
	}
}

func (d *dumper) version(version int, when string) {
	if version > 0 {
		fmt.Fprintf(d, " version=%d", version)
	}
	if when != "" {
		fmt.Fprintf(d, " when=%s", when)
	}
}

func (d *dumper) key(k *model.Key) {
	if k == nil {
		return
	}
	d.WriteString("\tkey")
	if k.Type != nil {
		d.WriteString(" " + d.ref(k.Type))
	}
	for _, f := range k.Fields {
		fmt.Fprintf(d, " field=%s:%s%s", pathText(f.Path), d.ref(f.Type), d.parts(f.Parts))
	}
	if len(k.Fields) == 0 {
		d.WriteString(d.parts(k.Parts))
	}
	d.WriteString("\n")
}

func (d *dumper) parts(parts []model.KeyPart) string {
	var list []string
	for _, p := range parts {
		list = append(list, pathText(p.Path)+":"+d.ref(p.Type))
	}
	return "{" + strings.Join(list, " ") + "}"
}

func pathText(path []model.PathStep) string {
	if len(path) == 0 {
		return "."
	}
	var sb strings.Builder
	for i, s := range path {
		if i > 0 {
			sb.WriteString(".")
		}
		if s.Embedded {
			sb.WriteString("~")
		}
		if s.Pointer {
			sb.WriteString("*")
		}
		sb.WriteString(s.Name)
	}
	return sb.String()
}

func (d *dumper) collection(c *model.Collection) {
	fmt.Fprintf(d, "collection %q %s %s history=%v\n", c.Name, c.GoName, d.ref(c.Type), c.History)
	d.key(c.Key)
	for _, x := range c.Indexes {
		fmt.Fprintf(d, "\tindex %s %s %s%s", x.GoName, pathText(x.Path), d.ref(x.Type),
			d.parts(x.Parts))
		for word, is := range map[string]bool{" unique": x.Unique} {
			if is {
				d.WriteString(word)
			}
		}
		if x.Pointer {
			d.WriteString(" pointer")
		}
		if x.Slice {
			d.WriteString(" slice")
		}
		d.WriteString("\n")
	}
	for _, e := range c.Writers {
		fmt.Fprintf(d, "\twriter %s\n", e.Name)
	}
}

func handlerLine(h *model.Handler) string {
	var sb strings.Builder
	sb.WriteString(h.Name + "(")
	if h.Context {
		sb.WriteString("ctx, ")
	}
	sb.WriteString(h.Event.Name)
	if h.Tombstone != nil {
		sb.WriteString(" tombstone of " + h.Tombstone.Type.Expr)
	}
	for _, r := range h.Reads {
		sb.WriteString(", " + r.Collection.Name)
		if r.Index != nil {
			sb.WriteString(" by " + r.Index.GoName)
		}
	}
	sb.WriteString(")")
	writeResults(&sb, h.Results)
	if h.Error {
		sb.WriteString(" error")
	}
	return sb.String()
}

func workerLine(w *model.Worker) string {
	var sb strings.Builder
	sb.WriteString("work " + w.Name + "(")
	if w.Context {
		sb.WriteString("ctx, ")
	}
	sb.WriteString(w.Job.Name + ")")
	writeResults(&sb, w.Results)
	return sb.String()
}

func writeResults(sb *strings.Builder, results []model.Result) {
	for _, r := range results {
		sb.WriteString(" ")
		if r.Slice {
			sb.WriteString("[]")
		}
		switch r.Kind {
		case model.Change:
			sb.WriteString("change:" + r.Collection.Name)
		case model.Emission:
			sb.WriteString("emit:" + r.Event.Name)
		case model.Timer:
			sb.WriteString("timer:" + r.Event.Name)
		case model.Effect:
			sb.WriteString("effect")
		case model.Request:
			sb.WriteString("job:" + r.Event.Name)
		}
	}
}

// ref names a type, and queues it for a description of its own where it has more to it.
func (d *dumper) ref(t *model.Type) string {
	if !d.seen[t] {
		d.seen[t] = true
		if t.Kind == model.Struct || t.Named != nil && t.Named.PkgPath != "" {
			d.types = append(d.types, t)
		} else {
			for _, inner := range []*model.Type{t.Key, t.Elem} {
				if inner != nil {
					d.ref(inner)
				}
			}
		}
	}
	return t.Expr
}

var kindNames = []string{
	"invalid", "bool", "int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16",
	"uint32", "uint64",
	"uintptr", "float32", "float64", "string", "struct", "pointer", "slice", "bytes", "array",
	"map", "any",
	"interface", "time", "number", "raw",
}

func (d *dumper) describe(t *model.Type) {
	fmt.Fprintf(d, "type %s = %s", t.Expr, kindNames[t.Kind])
	if t.Elem != nil {
		if t.Key != nil {
			d.WriteString(" key " + d.ref(t.Key))
		}
		d.WriteString(" of " + d.ref(t.Elem))
	}
	if t.Kind == model.Array {
		fmt.Fprintf(d, " len %d", t.Len)
	}
	if t.Comparable {
		d.WriteString(" comparable")
	}
	for _, m := range []struct {
		name string
		on   model.Method
	}{
		{"MarshalJSON", t.Methods.MarshalJSON}, {"UnmarshalJSON", t.Methods.UnmarshalJSON},
		{"MarshalText", t.Methods.MarshalText}, {"UnmarshalText", t.Methods.UnmarshalText},
		{"MarshalBinary", t.Methods.MarshalBinary}, {"UnmarshalBinary", t.Methods.UnmarshalBinary},
		{"IsZero", t.Zero},
	} {
		switch m.on {
		case model.OnValue:
			d.WriteString(" " + m.name)
		case model.OnPointer:
			d.WriteString(" *" + m.name)
		}
	}
	d.WriteString("\n")
	for _, f := range t.Fields {
		if f.Skip || !f.Exported && !f.Embedded {
			fmt.Fprintf(d, "\thidden %s %s\n", f.Name, f.Type.Expr)
		}
	}
	for _, f := range t.JSON {
		fmt.Fprintf(d, "\t%q %s %s", f.Name, pathText(f.Path), d.ref(f.Type))
		for _, o := range []struct {
			is   bool
			word string
		}{{f.OmitEmpty, "omitempty"}, {f.OmitZero, "omitzero"}, {f.String, "string"},
			{f.Required, "required"}} {
			if o.is {
				d.WriteString(" " + o.word)
			}
		}
		for _, old := range f.Was {
			fmt.Fprintf(d, " was %q", old)
		}
		if f.Default != nil {
			fmt.Fprintf(d, " default %q", *f.Default)
		}
		d.WriteString("\n")
	}
}
