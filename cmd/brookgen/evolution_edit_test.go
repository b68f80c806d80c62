package main

import (
	"slices"
	"strings"
)

// A mutation is an event as it was, and as it is after some edits.
type mutation struct {
	*author
	was, now *typ
	gone     bool // renamed without was=
	renamed  bool // renamed with it
	edits    []string
	touched  map[int]bool // fields that were edited
	legible  bool         // each change of a kind is one that stillReads is about
}

// An edit changes an event, or a field f of struct s. It reports whether it could.
type edit struct {
	name string
	make func(e *mutation, s *typ, f *member) bool
}

var changeOfKind = edit{"change of kind", func(e *mutation, _ *typ, f *member) bool {
	old, quoted := f.typ, f.quoted
	f.typ = e.typ(1)
	f.quoted, f.preset = f.quoted && f.typ.integer(), ""
	e.legible = e.legible && stillReads(old, f.typ, quoted)
	return !f.key
}}

var edits = []edit{
	{"add", func(e *mutation, s *typ, _ *member) bool {
		f := e.member(1)
		f.required = false
		e.touched[f.id] = true
		s.fields = slices.Insert(s.fields, e.IntN(len(s.fields)+1), f)
		return true
	}},
	{"add required", func(e *mutation, s *typ, _ *member) bool {
		f := e.member(0)
		f.required, f.omitempty = true, false
		e.touched[f.id] = true
		s.fields = append(s.fields, f)
		return true
	}},
	{"remove", func(_ *mutation, s *typ, f *member) bool {
		if len(s.fields) < 2 || f.key {
			return false
		}
		s.fields = slices.DeleteFunc(s.fields, func(g *member) bool { return f == g })
		return true
	}},
	{"rename in Go", func(_ *mutation, _ *typ, f *member) bool {
		f.goName = "Other" + f.goName
		return true
	}},
	{"rename with was=", func(_ *mutation, _ *typ, f *member) bool {
		f.was, f.wire = []string{f.wire}, "new_"+f.wire
		return true
	}},
	{"rename without was=", func(_ *mutation, _ *typ, f *member) bool {
		f.wire = "new_" + f.wire
		return true
	}},
	{"another case", func(_ *mutation, _ *typ, f *member) bool {
		f.wire = strings.ToUpper(f.wire)
		return true
	}},
	{"merge", func(_ *mutation, s *typ, f *member) bool {
		i := slices.IndexFunc(s.fields, func(g *member) bool { return g != f && !g.embedded && !g.key })
		if i < 0 || f.key {
			return false
		}
		f.was = []string{s.fields[i].wire}
		s.fields = slices.Delete(s.fields, i, i+1)
		return true
	}},
	{"move", func(e *mutation, s *typ, _ *member) bool {
		e.Shuffle(len(s.fields), func(i, j int) { s.fields[i], s.fields[j] = s.fields[j], s.fields[i] })
		return true
	}},
	changeOfKind, changeOfKind, changeOfKind, changeOfKind, // there are many of them
	{"pointer", func(_ *mutation, _ *typ, f *member) bool {
		if f.typ = (&typ{kind: "ptr", elem: f.typ}); f.typ.elem.kind == "ptr" {
			f.typ = f.typ.elem.elem
		}
		return !f.key
	}},
	{"wider", func(_ *mutation, _ *typ, f *member) bool {
		wider := map[string]string{
			"int8": "int16", "int16": "int64", "int32": "float64", "uint8": "int16", "uint16": "uint32",
			"uint32": "int64", "float32": "float64", "int64": "int", "uint64": "uint", "int": "int64",
		}[f.typ.kind]
		if f.key && wider == "float64" {
			wider = "int64"
		}
		f.typ = &typ{kind: wider}
		return wider != ""
	}},
	{"array to slice", func(_ *mutation, _ *typ, f *member) bool {
		ok := f.typ.kind == "array" && f.typ.elem.kind != "uint8"
		f.typ = &typ{kind: "slice", elem: f.typ.elem}
		return ok
	}},
	{"required", func(_ *mutation, _ *typ, f *member) bool {
		f.required, f.omitempty = !f.required, false
		return f.preset == ""
	}},
	{"quotes", func(e *mutation, _ *typ, f *member) bool {
		f.quoted, e.legible = !f.quoted, false
		return f.typ.integer() && !f.key && f.preset == ""
	}},
	{"omitempty", func(_ *mutation, _ *typ, f *member) bool {
		f.omitempty = !f.omitempty
		return !f.required && f.preset == ""
	}},
	{"default", func(_ *mutation, _ *typ, f *member) bool {
		ok := f.preset == "" && f.presets()
		f.preset = presets[f.typ.kind][0]
		return ok
	}},
	{"another default", func(e *mutation, _ *typ, f *member) bool {
		ok := f.preset != ""
		f.preset = []string{"", presets[f.typ.kind][1]}[e.IntN(2)]
		return ok
	}},
	{"another key", func(e *mutation, _ *typ, _ *member) bool {
		for _, f := range e.now.fields {
			if !f.key && !f.embedded && !f.quoted && !f.omitempty && f.preset == "" && !e.touched[f.id] && (f.typ.integer() || f.typ.kind == "string") {
				for _, g := range e.now.keys() {
					g.key = false
				}
				f.key, e.touched[f.id] = true, true
				return true
			}
		}
		return false
	}},
	{"rename of the event without was=", func(e *mutation, _ *typ, _ *member) bool {
		e.gone = true
		return !e.renamed
	}},
	{"rename of the event with was=", func(e *mutation, _ *typ, _ *member) bool {
		e.renamed = true
		return !e.gone
	}},
}

// evolve makes one edit after the other, each of a field that no other changed.
func (e *mutation) evolve(n int) {
	for tries := 0; len(e.edits) < n && tries < 1000; tries++ {
		trial := *e
		known := map[*typ]*typ{}
		trial.now = e.now.clone(known)
		trial.touched = map[int]bool{}
		for id := range e.touched {
			trial.touched[id] = true
		}
		structs := trial.now.structs()
		s := structs[e.IntN(len(structs))]
		f := s.fields[e.IntN(len(s.fields))]
		made := slices.Clone(e.made)
		for i, t := range made {
			if known[t] != nil {
				e.made[i] = known[t]
			}
		}
		d := edits[e.IntN(len(edits))]
		if f.embedded || trial.touched[f.id] || !d.make(&trial, s, f) ||
			slices.ContainsFunc(trial.now.structs(), func(t *typ) bool { return t.endless(nil) }) {
			e.made = made
			continue
		}
		trial.touched[f.id] = true
		trial.edits = append(e.edits, d.name+" "+s.name+"."+f.goName)
		*e = trial
	}
}

// stillReads reports whether the new type may take all texts of the old one although the lock calls
// the change breaking, as it makes something else of them:
//   - anything may become any, json.RawMessage or json.Number
//   - bytes, times and quoted numbers are texts
//   - maps and structs among each other are all objects.
func stillReads(old, now *typ, quoted bool) bool {
	old, now = old.pointee(), now.pointee()
	object := func(t *typ) bool { return t.kind == "struct" || t.kind == "map" }
	switch {
	case now.kind == "any" || now.kind == "json.RawMessage" || now.kind == "json.Number":
		return true
	case now.kind == "string":
		return old.kind == "[]byte" || old.kind == "time.Time" || quoted
	case object(old) && object(now):
		return true
	}
	return old.elem != nil && now.elem != nil && stillReads(old.elem, now.elem, false)
}
