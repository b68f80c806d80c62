package pack

import (
	"fmt"
	"strings"
)

// op is what is done with a value of an old shape.
type op uint8

const (
	opFail    op = iota // only nil can be carried
	opCopy              // as it is
	opInteger           // it has to fit
	opFloat             // it has to be exact
	opPointer
	opWrap   // a value becomes a pointer to it
	opUnwrap // a pointer becomes what it points at
	opList
	opMap
	opStruct
	opPromote // a struct with promoted fields
)

// A step turns values of one type into values of another.
type step struct {
	op       op
	old, now *node
	elem     *step
	key      *step
	zero     []byte   // what becomes of nil, if that is not nil
	olds     []target // for opStruct: what becomes of each old field
	news     []source // and the source of each new one
	ordered  bool     // the fields that stay keep their order
	promote  *promotion
}

// target returns which new field an old one becomes, -1 if it is removed.
type target struct {
	index int
	step  *step
}

// source returns which old field a new one was, -1 if it is new, and zero.
type source struct {
	index int
	zero  []byte
}

// linker makes steps, one for each pair of types.
type linker struct {
	steps map[[2]*node]*step
	err   error
}

func (l *linker) link(old, now *node) *step {
	pair := [2]*node{old, now}
	if s := l.steps[pair]; s != nil {
		return s
	}
	s := &step{old: old, now: now}
	l.steps[pair] = s
	number := func(n *node) bool { return n.kind == kindInt || n.kind == kindUint }
	float := func(n *node) bool { return n.kind == kindFloat32 || n.kind == kindFloat64 }
	list := func(n *node) bool {
		return n.kind == kindSlice || n.kind == kindArray || n.kind == kindBytes
	}
	switch {
	case same(old, now, map[[2]*node]bool{}):
		s.op = opCopy
	case old.kind == kindPointer && now.kind == kindPointer:
		s.op, s.elem = opPointer, l.link(old.elem, now.elem)
	case old.kind == kindPointer:
		s.op, s.elem, s.zero = opUnwrap, l.link(old.elem, now), l.zero(now)
	case now.kind == kindPointer:
		s.op, s.elem = opWrap, l.link(old, now.elem)
	case number(old) && number(now):
		s.op = opInteger
	case (number(old) || float(old)) && float(now):
		s.op = opFloat
	case list(old) && list(now):
		s.op, s.elem = opList, l.link(old.elem, now.elem)
	case old.kind == kindMap && now.kind == kindMap:
		s.op, s.key, s.elem = opMap, l.link(old.key, now.key), l.link(old.elem, now.elem)
	case old.kind == kindStruct && now.kind == kindStruct:
		if !l.promoted(s) {
			l.fields(s)
		}
	default:
		s.zero = l.zero(now)
	}
	return s
}

// fields matches the fields of two structs by name.
func (l *linker) fields(s *step) {
	s.op, s.ordered = opStruct, true
	s.olds = make([]target, len(s.old.fields))
	for i := range s.olds {
		s.olds[i].index = -1
	}
	last := -1
	for i, from := range matched(s.old.fields, s.now.fields) {
		typ := s.now.fields[i].typ
		if from < 0 {
			s.news = append(s.news, source{-1, l.zero(typ)})
			continue
		}
		s.news = append(s.news, source{from, nil})
		s.olds[from] = target{i, l.link(s.old.fields[from].typ, typ)}
		s.ordered = s.ordered && from > last
		last = from
	}
}

// maxZero is how many bytes a zero value may take: a schema with more is damaged.
const maxZero = 1 << 20

// zero returns the bytes of a zero value: nil, except that structs are spelled out.
func (l *linker) zero(n *node) []byte { return l.appendZero(nil, n) }

func (l *linker) appendZero(dst []byte, n *node) []byte {
	if n.kind != kindStruct {
		return append(dst, codeNil)
	}
	if n.sizing || len(dst) > maxZero {
		l.fail("pack: schema of a struct without end: %s", n.text)
		return dst
	}
	n.sizing = true
	dst = appendArrayLen(dst, len(n.fields))
	for _, f := range n.fields {
		if l.err == nil {
			dst = l.appendZero(dst, f.typ)
		}
	}
	n.sizing = false
	return dst
}

func (l *linker) fail(format string, args ...any) {
	if l.err == nil {
		l.err = fmt.Errorf(format, args...)
	}
}

// same reports whether two types are written alike, so that nothing needs doing. Pairs that are
// being compared count as same.
func same(a, b *node, seen map[[2]*node]bool) bool {
	pair := [2]*node{a, b}
	if a == b || seen[pair] {
		return true
	}
	seen[pair] = true
	if a.kind != b.kind || len(a.fields) != len(b.fields) {
		return false
	}
	switch a.kind {
	case kindPlain:
		return a.text == b.text
	case kindInt, kindUint:
		return a.len <= b.len
	case kindBytes:
		return a.len == b.len
	case kindArray:
		return a.len == b.len && same(a.elem, b.elem, seen)
	case kindPointer, kindSlice:
		return same(a.elem, b.elem, seen)
	case kindMap:
		return same(a.key, b.key, seen) && same(a.elem, b.elem, seen)
	}
	for i, f := range a.fields {
		if !f.alike(b.fields[i]) || !same(f.typ, b.fields[i].typ, seen) {
			return false
		}
	}
	return true
}

// alike reports whether two fields of one type and place are the same one. What an embedded struct
// is called does not matter.
func (f field) alike(g field) bool {
	return f.embedded && g.embedded ||
		f.name == g.name && (f.embedded == g.embedded || !f.quoted && !g.quoted)
}

// Lost returns what of the old shape can't be carried into the new one if it occurs, or "".
func (t *Transcoder) Lost() string {
	var lost []string
	t.root.lost("", map[*step]bool{}, &lost)
	return strings.Join(lost, "; ")
}

func (s *step) lost(path string, seen map[*step]bool, lost *[]string) {
	if s == nil || seen[s] {
		return
	}
	seen[s] = true
	if s.op == opFail {
		*lost = append(*lost, prefixed(path, s.mismatch()))
	}
	s.key.lost(path+"[key]", seen, lost)
	if s.op == opList || s.op == opMap {
		path += "[]"
	}
	s.elem.lost(path, seen, lost)
	for i, f := range s.olds {
		f.step.lost(join(path, s.old.fields[i].name), seen, lost)
	}
	if s.promote != nil {
		for i, f := range s.promote.leaves {
			s.promote.steps[i].lost(join(path, f.name), seen, lost)
		}
	}
}

func (s *step) mismatch() string {
	return fmt.Sprintf("stored as %s, which can't become %s", s.old.text, s.now.text)
}

// join appends what follows to a path.
func join(path, rest string) string {
	if path == "" || rest == "" || rest[0] == '[' {
		return path + rest
	}
	return path + "." + rest
}

func prefixed(path, message string) string {
	if path == "" {
		return message
	}
	return path + ": " + message
}
