package pack

import (
	"slices"
	"strconv"
)

// A branch is a struct together with those that it embeds. Its fields are leaves, or
// branches in their turn.
type branch struct {
	twigs []twig
	from  []int // of a branch in the new shape: the old leaves that its own come from
}

type twig struct {
	leaf    int     // which leaf, if there is no branch
	branch  *branch // an embedded struct
	pointer bool    // the branch is behind a pointer
}

// A leaf is a field of a struct, its own or promoted.
type leaf struct {
	name  string
	olds  []string // the names that it had
	path  string   // with the names of the embedded structs that it is promoted through
	depth int
	typ   *node
}

// A promotion describes how a struct becomes another one if either has promoted fields: these are
// matched by their own names, wherever they stand.
type promotion struct {
	old, now *branch
	leaves   []leaf   // of the old struct
	steps    []*step  // by old leaf; nil: it is dropped
	from     []int    // by new leaf: the old one, or -1
	zeros    [][]byte // by new leaf: its value if the old one is missing
}

// maxLeaves is how many fields a struct may have with those that are promoted: a schema
// with more is damaged.
const maxLeaves = 10_000

// promoted fills s if one of the structs has promoted fields, and reports whether it did.
func (l *linker) promoted(s *step) bool {
	var now []leaf
	p := &promotion{}
	p.old = l.grow(s.old, survey(s.old, s.now), &p.leaves, "", nil)
	p.now = l.grow(s.now, survey(s.now, s.old), &now, "", nil)
	if !p.old.branches() && !p.now.branches() {
		return false
	}
	s.op, s.promote = opPromote, p
	p.steps = make([]*step, len(p.leaves))
	p.zeros = make([][]byte, len(now))
	m := newMatch(len(p.leaves), len(now))
	oldNames, newNames := onWire(p.leaves), onWire(now)
	m.byKey(oldNames, newNames)
	m.byOldNames(oldNames, newNames, had(p.leaves), had(now))
	m.byKey(paths(p.leaves), paths(now)) // of what other fields hide
	p.from = m.from
	for i, from := range p.from {
		if from >= 0 {
			p.steps[from] = l.link(p.leaves[from].typ, now[i].typ)
		}
	}
	for i := range now {
		if l.err == nil {
			p.zeros[i] = l.zero(now[i].typ)
		}
	}
	p.now.origins(p.from)
	return true
}

// grow makes the branch of a struct, and its leaves.
func (l *linker) grow(n *node, known *surveyed, leaves *[]leaf, path string,
	within []*node) *branch {
	b := &branch{}
	within = append(slices.Clone(within), n)
	for _, f := range n.fields {
		inner := structure(f.typ)
		if inner != nil && !slices.Contains(within, inner) &&
			(f.embedded || known.guess(f, inner, within)) {
			b.twigs = append(b.twigs,
				twig{branch: l.grow(inner, known, leaves, path+f.name+".", within),
					pointer: f.typ.kind == kindPointer})
			continue
		}
		if len(within) > 1 && len(*leaves) >= maxLeaves || l.err != nil {
			l.fail("pack: schema with more than %d fields in %s", maxLeaves, n.text)
			return b
		}
		b.twigs = append(b.twigs, twig{leaf: len(*leaves)})
		*leaves = append(*leaves, leaf{f.name, f.olds, path + f.name, len(within), f.typ})
	}
	return b
}

func (b *branch) branches() bool {
	return slices.ContainsFunc(b.twigs, func(t twig) bool { return t.branch != nil })
}

// structure is the struct that a field's type is or points at, or nil.
func structure(n *node) *node {
	if n.kind == kindPointer {
		n = n.elem
	}
	if n.kind != kindStruct {
		return nil
	}
	return n
}

// surveyed recognises embedded structs in old schemas, which did not mark them, by the other shape.
type surveyed struct {
	own      map[string]bool // the fields that the struct has without any guess
	fields   map[string]bool // those of the other one
	embedded map[string]bool // and the structs that the other one embeds
}

func survey(n, other *node) *surveyed {
	s := &surveyed{map[string]bool{}, map[string]bool{}, map[string]bool{}}
	collect(n, s.own, map[string]bool{}, nil)
	collect(other, s.fields, s.embedded, nil)
	return s
}

// collect adds the names of a struct's fields, with those that it promotes, and of the
// structs that it embeds.
func collect(n *node, fields, embedded map[string]bool, within []*node) {
	within = append(slices.Clone(within), n)
	for _, f := range n.fields {
		inner := structure(f.typ)
		switch {
		case len(within) > 1 && len(fields)+len(embedded) > maxLeaves:
			return
		case inner != nil && f.embedded && !slices.Contains(within, inner):
			embedded[f.name] = true
			collect(inner, fields, embedded, within)
		default:
			fields[f.name] = true
			for _, name := range f.olds {
				fields[name] = true
			}
		}
	}
}

// guess reports whether a field without a mark is an embedded struct: the other shape has no
// field of its name, and embeds a struct of that name, or has all of its fields, which stand
// nowhere else in this one.
func (s *surveyed) guess(f field, inner *node, within []*node) bool {
	return !f.quoted && !s.fields[f.name] && (s.embedded[f.name] || s.spread(inner, within))
}

func (s *surveyed) spread(n *node, within []*node) bool {
	within = append(slices.Clone(within), n)
	for _, f := range n.fields {
		if s.fields[f.name] && !s.own[f.name] {
			continue
		}
		inner := structure(f.typ)
		if inner == nil || f.quoted || s.fields[f.name] || len(within) > 20 ||
			slices.Contains(within, inner) || !s.spread(inner, within) {
			return false
		}
	}
	return len(n.fields) > 0
}

// onWire returns the names of the leaves, "" for those that another one hides.
func onWire(leaves []leaf) []string {
	depth, count := map[string]int{}, map[string]int{}
	for _, f := range leaves {
		switch d, known := depth[f.name]; {
		case !known || f.depth < d:
			depth[f.name], count[f.name] = f.depth, 1
		case f.depth == d:
			count[f.name]++
		}
	}
	names := make([]string, len(leaves))
	for i, f := range leaves {
		if f.depth == depth[f.name] && count[f.name] == 1 {
			names[i] = f.name
		}
	}
	return names
}

func had(leaves []leaf) [][]string {
	names := make([][]string, len(leaves))
	for i, f := range leaves {
		names[i] = f.olds
	}
	return names
}

func paths(leaves []leaf) []string {
	names := make([]string, len(leaves))
	for i, f := range leaves {
		names[i] = f.path
	}
	return names
}

// origins notes for each branch which old leaves its own come from.
func (b *branch) origins(from []int) []int {
	for _, t := range b.twigs {
		switch {
		case t.branch != nil:
			b.from = append(b.from, t.branch.origins(from)...)
		case from[t.leaf] >= 0:
			b.from = append(b.from, from[t.leaf])
		}
	}
	return b.from
}

// promote rewrites a struct: first all old leaves, which are then brought to their places.
func (r *rewriter) promote(p *promotion) error {
	body := len(r.out)
	spans := make([]span, len(p.leaves))
	if err := r.gather(p, p.old, spans); err != nil {
		return err
	}
	end := len(r.out)
	r.build(p, p.now, spans)
	n := copy(r.out[body:], r.out[end:])
	r.out = r.out[:body+n]
	return nil
}

// gather rewrites the leaves of an old branch.
func (r *rewriter) gather(p *promotion, b *branch, spans []span) error {
	if err := r.header(len(b.twigs)); err != nil {
		return err
	}
	for _, t := range b.twigs {
		switch {
		case t.branch != nil && t.pointer && r.in.peek() == codeNil:
			r.in.pos++
		case t.branch != nil:
			if t.pointer {
				if r.in.peek() != codeFixArray|1 {
					r.in.expected("nil, or an array of one")
					return r.in.err
				}
				r.in.pos++
			}
			if err := r.gather(p, t.branch, spans); err != nil {
				return err
			}
		case p.steps[t.leaf] == nil:
			if r.in.skip(); r.in.err != nil {
				return r.in.err
			}
		default:
			from := len(r.out)
			if err := r.run(p.steps[t.leaf]); err != nil {
				return at(p.leaves[t.leaf].name, err)
			}
			spans[t.leaf] = span{start: from, end: len(r.out)}
		}
	}
	return nil
}

// header reads the beginning of a struct of n fields.
func (r *rewriter) header(n int) error {
	start := r.in.pos
	if found, _ := r.in.arrayLen("a struct"); r.in.err != nil || found != n ||
		r.in.pos == start+1 && r.in.buf[start] == codeNil {
		r.in.pos = start
		r.in.expected("a struct of " + strconv.Itoa(n) + " fields")
		return r.in.err
	}
	return nil
}

// build writes a branch of the new shape. One behind a pointer is nil if nothing of it was stored.
func (r *rewriter) build(p *promotion, b *branch, spans []span) {
	r.out = appendArrayLen(r.out, len(b.twigs))
	stored := func(leaf int) bool { return spans[leaf].end > 0 }
	for _, t := range b.twigs {
		switch {
		case t.branch != nil && t.pointer && !slices.ContainsFunc(t.branch.from, stored):
			r.out = append(r.out, codeNil)
		case t.branch != nil:
			if t.pointer {
				r.out = append(r.out, codeFixArray|1)
			}
			r.build(p, t.branch, spans)
		default:
			if from := p.from[t.leaf]; from >= 0 && stored(from) {
				r.out = append(r.out, r.out[spans[from].start:spans[from].end]...)
			} else {
				r.out = append(r.out, p.zeros[t.leaf]...)
			}
		}
	}
}
