package lock

import (
	"strconv"
	"strings"
)

// typeParser reads a type.
type typeParser struct {
	rest string
	refs []*Shape // references, which have the path as their name until they are resolved
}

// reference is the kind of a shape that stands for another one, while a lock is read.
const reference = "@"

// maxDepth is how many types may stand in each other in one line.
const maxDepth = 200

// typ returns the type that the text begins with, or nil.
func (p *typeParser) typ(depth int) *Shape {
	switch {
	case depth > maxDepth:
		return nil
	case p.take("*"):
		return p.of(&Shape{Kind: Pointer}, depth)
	case p.take("[]byte"):
		return &Shape{Kind: Bytes}
	case p.take("[]"):
		return p.of(&Shape{Kind: Slice}, depth)
	case p.take("map["):
		key := p.typ(depth + 1)
		if key == nil || key.Elem != nil || key.Kind == Struct || key.Kind == reference || !p.take("]") {
			return nil
		}
		return p.of(&Shape{Kind: Map, Key: key}, depth)
	case p.take("["):
		text, rest, ok := strings.Cut(p.rest, "]")
		n, err := strconv.Atoi(text)
		if !ok || err != nil || n < 0 || strconv.Itoa(n) != text {
			return nil
		}
		p.rest = rest
		return p.of(&Shape{Kind: Array, Len: n}, depth)
	case p.take("opaque:"):
		name := p.word(",]")
		plain, ok := unword(name)
		if !ok || typeName(plain) != name {
			return nil
		}
		return &Shape{Kind: Opaque, Name: plain}
	case p.take("@"):
		s := &Shape{Kind: reference, Name: p.word(",")}
		p.refs = append(p.refs, s)
		return s
	}
	name := p.word(",]")
	if name != Struct && !words[name] {
		return nil
	}
	return &Shape{Kind: name}
}

// of completes a shape with its element.
func (p *typeParser) of(s *Shape, depth int) *Shape {
	if s.Elem = p.typ(depth + 1); s.Elem == nil {
		return nil
	}
	return s
}

func (p *typeParser) take(prefix string) (ok bool) {
	p.rest, ok = strings.CutPrefix(p.rest, prefix)
	return ok
}

// word takes what stands before one of the ends, quotes kept whole.
func (p *typeParser) word(ends string) string {
	n := len(p.rest)
	for _, end := range []byte(ends) {
		if i := until(p.rest, end); i >= 0 {
			n = min(n, i)
		}
	}
	text := p.rest[:n]
	p.rest = p.rest[n:]
	return text
}
