package model

import (
	"slices"
	"strconv"
	"strings"
)

// PII returns the paths of the values in the JSON of some types that are pii, as wire.NewMask reads
// them: those of all types together, under present names and old ones, in source order; none: nil.
func PII(types ...*Type) []string { return piiOf(types, false) }

// PayloadPII is PII of types that payloads are read as, which others write: if something of one is
// pii, what no struct in them has is pii too.
func PayloadPII(types ...*Type) []string {
	return piiOf(types, slices.ContainsFunc(types, (*Type).HoldsPII))
}

// piiOf is PII, and closes structs if closed is set.
func piiOf(types []*Type, closed bool) []string {
	var all []string
	for _, t := range types {
		p := piiPaths{closed: closed, seen: map[*Type]string{}}
		p.value(t, "")
		for _, path := range p.paths {
			if !slices.Contains(all, path) {
				all = append(all, path)
			}
		}
	}
	return all
}

// PII reports whether the values that an index finds rows by are pii, or hold some.
func (x *Index) PII(owner *Type) bool {
	at := owner
	for _, step := range x.Path {
		at = at.Pointee()
		i := slices.IndexFunc(at.Fields, func(f Field) bool { return f.Name == step.Name })
		if i < 0 {
			break
		}
		if at.Fields[i].PII {
			return true
		}
		at = at.Fields[i].Type
	}
	return x.Type.HoldsPII()
}

// piiPaths collects the paths of one type.
type piiPaths struct {
	closed bool             // names that a struct does not have are pii in it
	seen   map[*Type]string // structs that were met, and where
	paths  []string
}

// value adds what is pii in values of t, which stand at path.
func (p *piiPaths) value(t *Type, path string) {
	if t == nil || !p.closed && !t.HoldsPII() || t.Opaque() {
		return
	}
	switch t.Kind {
	case Pointer:
		p.value(t.Elem, path)
	case Slice, Array:
		p.value(t.Elem, path+"[]")
	case Map:
		p.value(t.Elem, path+"{}")
	case Struct:
		if first, met := p.seen[t]; met {
			p.add(orRoot(path) + "@" + orRoot(first))
			return
		}
		p.seen[t] = path
		if p.closed {
			p.add(orRoot(path) + "=" + strings.Join(wireNames(t), ","))
		}
		p.members(t, path, map[*Type]bool{})
	}
}

// members adds what is pii in the fields of a struct, those of structs that it embeds among them:
// what another field hides on the wire is stored all the same. Met are the structs that were looked at
// on this path.
func (p *piiPaths) members(t *Type, path string, met map[*Type]bool) {
	met[t] = true
	for _, f := range t.JSON {
		for _, name := range append([]string{f.Name}, f.Was...) {
			if at := joined(path, name); f.PII {
				p.add(at)
			} else {
				p.value(f.Type, at)
			}
		}
	}
	for _, f := range t.Fields {
		if inner := f.Type.Pointee(); f.Promotes() && !f.PII && !met[inner] {
			p.members(inner, path, met)
		}
	}
}

// wireNames returns the names of all members of a struct, as paths have them.
func wireNames(t *Type) (all []string) {
	for _, f := range t.JSON {
		for _, name := range append([]string{f.Name}, f.Was...) {
			all = append(all, joined("", name))
		}
	}
	return all
}

func (p *piiPaths) add(path string) {
	if !slices.Contains(p.paths, path) {
		p.paths = append(p.paths, path)
	}
}

// joined returns the path of a member.
func joined(path, name string) string {
	for _, r := range name {
		if r != '_' && r != '-' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z') {
			name = strconv.Quote(name)
			break
		}
	}
	if path == "" {
		return name
	}
	return path + "." + name
}

func orRoot(path string) string {
	if path == "" {
		return "."
	}
	return path
}

// HoldsPII reports whether a field in t, however deep, is pii.
func (t *Type) HoldsPII() bool { return t.holdsPII(map[*Type]bool{}) }

func (t *Type) holdsPII(seen map[*Type]bool) bool {
	if t == nil || seen[t] {
		return false
	}
	seen[t] = true
	return slices.ContainsFunc(t.Fields, func(f Field) bool {
		return f.PII || f.Type.holdsPII(seen)
	}) || t.Elem.holdsPII(seen)
}

// Opaque reports whether values of t are written or read as JSON by methods of the author's.
func (t *Type) Opaque() bool {
	m := t.Methods
	return t.Kind != Pointer && (m.MarshalJSON != None || m.UnmarshalJSON != None ||
		m.MarshalText != None || m.UnmarshalText != None)
}
