package pack

import (
	"fmt"
	"strconv"
	"strings"
)

// Schema is the shape of a value: what is written at which position. Its text is what
// brookgen makes of a type:
//
//	{id string,"a name" []int64,at time,~Base {by string},tree @1={name string,left *@1}}
//
// A struct has the wire names of its stored fields. An embedded struct without one has ~ and the
// name of its type; before there was that mark it had its name alone, so that a struct that is no
// embedded one stands in quotes since. A field that had other names has them behind its own, with =
// between: total=amount=sum int64. The basic types are called as in Go; text, binary and json
// are structs that are stored through their marshallers; []uint8 is binary. What occurs more than
// once is numbered where it stands first.
type Schema struct {
	root *node
	text string
}

// String returns the text that the schema was made of.
func (s *Schema) String() string { return s.text }

// A node is one type of a schema.
type node struct {
	kind   kind
	text   string // the text in messages
	len    int    // of an array
	elem   *node
	key    *node
	fields []field
	sizing bool // its zero value is being made
}

type field struct {
	name     string
	olds     []string // the names that it had, the latest first
	typ      *node
	embedded bool // its fields are promoted
	quoted   bool
}

type kind uint8

const (
	kindBool kind = iota
	kindInt       // whatever integer
	kindUint
	kindFloat32
	kindFloat64
	kindPlain // of one name only
	kindBytes // slice or, with a length, array of them
	kindPointer
	kindSlice
	kindArray
	kindMap
	kindStruct
)

// basics are the types that have a name of their own, with their size in bits.
var basics = map[string]struct {
	kind kind
	size int
}{
	"bool": {kindBool, 0}, "int": {kindInt, 64}, "int8": {kindInt, 8}, "int16": {kindInt, 16},
	"int32": {kindInt, 32}, "int64": {kindInt, 64},
	"uint": {kindUint, 64}, "uint8": {kindUint, 8}, "uint16": {kindUint, 16},
	"uint32": {kindUint, 32}, "uint64": {kindUint, 64}, "uintptr": {kindUint, 64},
	"float32": {kindFloat32, 0}, "float64": {kindFloat64, 0}, "string": {kindPlain, 0},
	"number": {kindPlain, 0}, "raw": {kindPlain, 0}, "time": {kindPlain, 0},
	"any": {kindPlain, 0}, "text": {kindPlain, 0}, "binary": {kindPlain, 0}, "json": {kindPlain, 0},
	"interface": {kindPlain, 0},
}

// ParseSchema reads a schema's text.
func ParseSchema(text string) (*Schema, error) {
	p := &parser{text: text, defined: map[int]*node{}}
	root := p.typ()
	if p.err == nil && p.pos < len(text) {
		p.fail("more than a type")
	}
	if p.err != nil {
		return nil, p.err
	}
	return &Schema{root, text}, nil
}

type parser struct {
	text    string
	pos     int
	depth   int
	defined map[int]*node
	err     error
}

// fail keeps the first mistake and ends the text.
func (p *parser) fail(what string) {
	if p.err == nil {
		p.err = fmt.Errorf("pack: schema %s: %s at byte %d", abridged(p.text, 200), what, p.pos)
	}
	p.pos = len(p.text)
}

// take passes over s if it comes next.
func (p *parser) take(s string) bool {
	if strings.HasPrefix(p.text[p.pos:], s) {
		p.pos += len(s)
		return true
	}
	return false
}

func (p *parser) need(s string) {
	if !p.take(s) {
		p.fail("no " + s)
	}
}

// number reads a decimal number.
func (p *parser) number() int {
	start := p.pos
	for p.pos < len(p.text) && '0' <= p.text[p.pos] && p.text[p.pos] <= '9' {
		p.pos++
	}
	n, err := strconv.Atoi(p.text[start:p.pos])
	if err != nil {
		p.fail("no number")
	}
	return n
}

// name reads a field's name, quoted if it is not one word.
func (p *parser) name() string {
	if quoted, err := strconv.QuotedPrefix(p.text[p.pos:]); err == nil {
		p.pos += len(quoted)
		name, _ := strconv.Unquote(quoted)
		return name
	}
	return p.word()
}

func (p *parser) word() string {
	rest := p.text[p.pos:]
	n := strings.IndexAny(rest, " ,{}[]*@=\"`'")
	if n < 0 {
		n = len(rest)
	}
	if n == 0 {
		p.fail("no name")
	}
	p.pos += n
	return rest[:n]
}

func (p *parser) typ() *node {
	n := &node{}
	if p.depth++; p.depth > 1000 {
		p.fail("too many levels of nesting")
		return n
	}
	defer func() { p.depth-- }()
	if p.take("@") {
		number := p.number()
		if !p.take("=") {
			known := p.defined[number]
			if known == nil {
				p.fail("an unknown number")
				return n
			}
			return known
		}
		if p.defined[number] != nil || strings.HasPrefix(p.text[p.pos:], "@") {
			p.fail("a number given twice")
		}
		p.defined[number] = n
	}
	start := p.pos
	p.body(n)
	n.text = abridged(p.text[min(start, p.pos):p.pos], 60)
	return n
}

func (p *parser) body(n *node) {
	switch {
	case p.take("*"):
		n.kind, n.elem = kindPointer, p.typ()
	case p.take("[]"):
		n.kind, n.len, n.elem = kindSlice, -1, p.typ()
	case p.take("["):
		n.kind, n.len = kindArray, p.number()
		p.need("]")
		n.elem = p.typ()
	case p.take("map["):
		n.kind, n.key = kindMap, p.typ()
		p.need("]")
		n.elem = p.typ()
	case p.take("{"):
		n.kind = kindStruct
		for !p.take("}") {
			if len(n.fields) > 0 {
				p.need(",")
			}
			f := field{embedded: p.take("~")}
			f.quoted = p.pos < len(p.text) && p.text[p.pos] == '"'
			f.name = p.name()
			for p.take("=") {
				f.olds = append(f.olds, p.name())
			}
			p.need(" ")
			f.typ = p.typ()
			n.fields = append(n.fields, f)
			if p.err != nil {
				return
			}
		}
	default:
		word := p.word()
		basic, ok := basics[word]
		if !ok {
			p.fail("an unknown type")
		}
		n.kind, n.len = basic.kind, basic.size
	}
	if (n.kind == kindSlice || n.kind == kindArray) && n.elem.kind == kindUint && n.elem.len == 8 {
		n.kind = kindBytes
	}
}

func abridged(s string, n int) string {
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "") + "…"
	}
	return s
}
