package lock

import (
	"slices"
	"strings"
)

// shapes compares what values of one event, or rows of one collection, look like.
type shapes struct {
	*comparison
	old, now *Entry
	seen     map[[2]*Shape]bool // pairs of structs that were compared, or are being compared
	before   int                // findings about other entries
}

// A verdict is how values of one type can be read as another one's.
type verdict uint8

const (
	all  verdict = iota // each of them
	some                // those that fit, which only a store finds out
	none
)

// verdict returns how values of one type can be read as another one's. Structs are not looked into.
func (s *shapes) verdict(old, now *Shape) verdict {
	worst := all
	for chain := map[[2]*Shape]bool{}; ; old, now = old.element(), now.element() {
		old, now = old.pointee(), now.pointee()
		pair := [2]*Shape{old, now}
		if chain[pair] || old.Kind == Struct && now.Kind == Struct {
			return worst
		}
		chain[pair] = true
		v := none
		switch {
		case old.Kind == Map && now.Kind == Map:
			v = s.reads(old.Key, now.Key)
		case old.list() && now.list():
			v = s.lists(old, now)
		case old.Elem == nil && now.Elem == nil:
			v = s.reads(old, now)
		}
		worst = max(worst, v)
		if worst == none || old.Elem == nil && now.Elem == nil {
			return worst
		}
	}
}

var octet = &Shape{Kind: "uint8"}

// element returns what a list or a map consists of.
func (s *Shape) element() *Shape {
	if s.Kind == Bytes {
		return octet
	}
	return s.Elem
}

func (s *Shape) list() bool { return s.Kind == Slice || s.Kind == Array || s.Kind == Bytes }

// lists is verdict for lists, as far as elements don't matter. On the wire an array of bytes is a
// list of numbers and a slice of them a text; stores keep them alike.
func (s *shapes) lists(old, now *Shape) verdict {
	switch {
	case old.Kind == Array && now.Kind == Array && old.Len == now.Len, old.Kind == now.Kind && now.Kind != Array:
		return all
	case s.stored() && now.Kind == Array:
		return some // as many as it has
	case s.stored() || old.Kind == Array && now.Kind == Slice:
		return all
	}
	return none
}

func (s *shapes) stored() bool { return s.now.Kind == Collection }

// reads is verdict for types without elements.
func (s *shapes) reads(old, now *Shape) verdict {
	from, to := numbers[old.Kind], numbers[now.Kind]
	switch {
	case old.Kind == now.Kind && old.Name == now.Name, from.bits > 0 && from.within(to):
		return all
	case s.stored() && old.Kind == now.Kind: // its methods will tell
		return some
	case s.stored() && from.bits > 0 && to.bits > 0 && (to.float || !from.float):
		return some
	}
	return none
}

// number is what a type of numbers can hold. The integers int and uint count as 64 bits wide, as
// they are wherever brook is run in earnest.
type number struct {
	bits          int
	signed, float bool
}

var numbers = map[string]number{
	"int8": {8, true, false}, "int16": {16, true, false}, "int32": {32, true, false},
	"int64": {64, true, false}, "int": {64, true, false},
	"uint8": {8, false, false}, "uint16": {16, false, false}, "uint32": {32, false, false},
	"uint64": {64, false, false}, "uint": {64, false, false}, "uintptr": {64, false, false},
	"float32": {32, true, true}, "float64": {64, true, true},
}

// within reports whether each value of one type of numbers is one of another.
func (n number) within(to number) bool {
	if n.float {
		return to.float && n.bits <= to.bits
	}
	return (!n.signed || to.signed) && n.digits() <= to.digits()
}

// digits returns how many binary digits a number has that are always exact.
func (n number) digits() int {
	switch {
	case n.float && n.bits == 32:
		return 24
	case n.float:
		return 53
	case n.signed:
		return n.bits - 1
	}
	return n.bits
}

// below compares the structs that two types end with. At is the path of the value today.
func (s *shapes) below(at path, old, now *Shape) {
	chain := map[[2]*Shape]bool{}
	for old.Kind != Struct || now.Kind != Struct {
		old, now = old.pointee(), now.pointee()
		if old.Kind == Struct && now.Kind == Struct {
			break
		}
		if old.Elem == nil || now.Elem == nil || chain[[2]*Shape{old, now}] {
			return
		}
		chain[[2]*Shape{old, now}] = true
		at = at.with(map[bool]string{true: value, false: element}[now.Kind == Map])
		old, now = old.Elem, now.Elem
	}
	pair := [2]*Shape{old, now}
	if s.seen[pair] {
		return
	}
	s.seen[pair] = true
	read := map[*Field][]*Field{}
	var gone []*Field
	for _, f := range old.Fields {
		g := s.match(f, now)
		if g == nil {
			if !f.Gone {
				gone = append(gone, f)
			}
			continue
		}
		for _, other := range read[g] {
			if !other.Gone && !f.Gone && !s.stored() {
				s.noteField(Merged, at.with(word(g.Name)), g, other.Name+" and "+f.Name)
			}
		}
		read[g] = append(read[g], f)
		s.fields(at.with(word(g.Name)), f, g)
		if f.PII && !g.PII {
			s.noteField(PIIGone, at.with(word(g.Name)), g, "")
		}
		for _, was := range f.Was {
			if h := s.match(&Field{Name: was}, now); h != g {
				s.noteField(RenameGone, at.with(word(was)), g, was)
			}
		}
	}
	var added []*Field
	for _, g := range now.Fields {
		if g.Gone {
			continue
		}
		if read[g] == nil {
			added = append(added, g)
		}
		if g.Required && !s.stored() {
			s.required(at.with(word(g.Name)), read[g], g)
		}
	}
	likely := s.likely(gone, added)
	for _, f := range gone {
		if g := likely[f]; g != nil {
			s.noteGone(at.with(word(f.Name)), f, g)
		} else if f.PII && !s.stored() {
			s.noteGonePII(at.with(word(f.Name)))
		}
	}
}

// fields compares two fields, of which the second one reads what the first one wrote.
func (s *shapes) fields(at path, f, g *Field) {
	switch v := s.verdict(f.Type, g.Type); {
	case v == none, f.String != g.String && !s.stored():
		was := f.text()
		if f.Gone {
			was += " before it was removed"
		}
		s.noteField(KindChanged, at, g, was)
	case v == some:
		s.noteField(KindNarrowed, at, g, f.text())
		fallthrough
	default:
		if f.Default != nil && (g.Default == nil || *f.Default != *g.Default) {
			s.noteField(DefaultGone, at, g, *f.Default)
		}
		s.below(at, f.Type, g.Type)
	}
}

// required compares whether fields are required. From are the fields that g reads: one that was
// required itself is in every event.
func (s *shapes) required(at path, from []*Field, g *Field) {
	was := "new"
	for _, f := range from {
		switch {
		case f.Gone:
		case f.Required:
			return
		default:
			was = ""
		}
	}
	s.noteField(RequiredAdded, at, g, was)
}

// match returns the field of a struct that reads what f wrote, or nil.
func (s *shapes) match(f *Field, now *Shape) *Field {
	if g := now.field(f.Name); g != nil {
		return g
	}
	for _, g := range now.Fields {
		if slices.Contains(g.Was, f.Name) {
			return g
		}
	}
	for _, g := range now.Fields { // as encoding/json does
		if !s.stored() && strings.EqualFold(g.Name, f.Name) {
			return g
		}
	}
	return nil
}
