package pack

// Differences returns the paths of the fields in which two values of the shape differ, by wire
// names and in the order of the fields: total, address.street. Of structs in structs it names the
// innermost; slices, maps and pointers to other than structs differ as a whole. Values that differ
// and are no structs have the path "". An error means that a value is damaged. It is safe for
// concurrent use.
func (s *Schema) Differences(a, b []byte) ([]string, error) {
	d := comparison{a: Coder{buf: a, reading: true}, b: Coder{buf: b, reading: true}}
	d.value(s.root, "", "")
	for _, c := range []*Coder{&d.a, &d.b} {
		if c.err == nil && c.pos < len(c.buf) {
			c.expected("the end of the data")
		}
		if c.err != nil {
			return nil, c.err
		}
	}
	return d.paths, nil
}

// comparison walks two values side by side. The first mistake is kept by its coder.
type comparison struct {
	a, b  Coder
	depth int
	paths []string
}

// value compares the next value of either side, which is at a path; within is the path that the
// fields of a struct are below.
func (d *comparison) value(n *node, path, within string) {
	if d.a.err != nil || d.b.err != nil {
		return
	}
	if inner := d.into(n); inner != nil {
		d.fields(inner, within)
		return
	}
	if !d.same() {
		d.paths = append(d.paths, path)
	}
}

// into returns the struct that n is or points at, if both sides have one, and passes over the
// pointers.
func (d *comparison) into(n *node) *node {
	if n.kind == kindStruct {
		return n
	}
	one := byte(codeFixArray | 1)
	if n.kind == kindPointer && n.elem.kind == kindStruct && d.a.peek() == one && d.b.peek() == one {
		d.a.pos++
		d.b.pos++
		return n.elem
	}
	return nil
}

func (d *comparison) fields(n *node, path string) {
	if d.depth++; d.depth > maxDepth {
		d.a.fail(errDepth)
		return
	}
	d.a.Struct(len(n.fields))
	d.b.Struct(len(n.fields))
	for _, f := range n.fields {
		at := join(path, f.name)
		if f.promotes() != nil {
			d.value(f.typ, at, path)
		} else {
			d.value(f.typ, at, at)
		}
	}
	d.depth--
}

// same passes over a value of either side, and reports whether they are the same bytes.
func (d *comparison) same() bool {
	from, also := d.a.pos, d.b.pos
	d.a.skip()
	d.b.skip()
	return d.a.err == nil && d.b.err == nil &&
		string(d.a.buf[from:d.a.pos]) == string(d.b.buf[also:d.b.pos])
}
