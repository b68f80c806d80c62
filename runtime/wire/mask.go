package wire

import "slices"

// Masked stands in JSON where a value is masked.
const Masked = `"***"`

// Mask is which values of JSON texts are not for everybody's eyes. It never changes, and is safe
// for concurrent use.
type Mask struct{ root *masked }

// masked is a value of the texts, by what of it is masked.
type masked struct {
	whole   bool // all of it
	names   []string
	fields  []*masked // of an object, those of names
	values  *masked   // of an object, all of its members
	element *masked   // of an array
	same    []*masked // what of these is masked is masked here too
	closed  bool      // an object whose members without a name in names are masked
}

// NewMask returns the mask of the values at some paths. A path leads from name to name, with dots
// between; it goes on behind [] in the elements of an array, and behind {} in the members of an
// object whose names are data. Names of other characters than letters, digits, _ and - are in
// quotes, as in Go. "." is the text as a whole.
//
//	email
//	lines[].note
//	address.street
//	by_name{}.phone
//	children[]@.
//	lines[]=note,text
//
// A path that ends in @PATH says that what is masked there is masked here too. One that ends in =
// has the names of an object's members behind it, with commas between: members of other names are
// masked. NewMask panics if it can't read a path.
func NewMask(paths []string) *Mask {
	m := &Mask{root: &masked{}}
	for _, path := range paths {
		m.add(path)
	}
	return m
}

// Append appends data to dst with all that is masked as [Masked]. A null stays what it is. Where
// data has another shape than the paths, as an array has where they lead on to a name, the value
// is masked. All of it is masked if data is not JSON.
//
// A name matches as in encoding/json, which reads a member whose name differs in case alone.
func (m *Mask) Append(dst, data []byte) []byte {
	w := masking{d: NewDecoder(data), dst: dst}
	w.value(m.root.and(nil))
	if w.d.Finish() != nil {
		return append(dst, Masked...)
	}
	return append(w.dst, data[w.copied:]...)
}

// masking is one text that is being masked.
type masking struct {
	d      *Decoder
	dst    []byte
	copied int // how much of the text is in dst
}

// value takes the next value, which is what all of at say.
func (w *masking) value(at []*masked) {
	kind := w.d.peek()
	switch {
	case kind == 'n' || len(at) == 0:
		w.d.Skip()
	case slices.ContainsFunc(at, func(m *masked) bool { return m.whole }):
		w.mask()
	case kind == '{' && slices.ContainsFunc(at, (*masked).isObject):
		for i := 0; ; i++ {
			name, ok := w.d.Member(i)
			if !ok {
				return
			}
			w.value(membersOf(at, Unquote(name)))
		}
	case kind == '[' && slices.ContainsFunc(at, func(m *masked) bool { return m.element != nil }):
		inside := elementsOf(at)
		for i := 0; w.d.Element(i); i++ {
			w.value(inside)
		}
	default:
		w.mask()
	}
}

// mask takes the next value, and masks it.
func (w *masking) mask() {
	w.d.peek()
	w.dst = append(w.dst, w.d.data[w.copied:w.d.pos]...)
	w.d.Skip()
	w.copied = w.d.pos
	w.dst = append(w.dst, Masked...)
}

func (m *masked) isObject() bool { return m.fields != nil || m.values != nil || m.closed }

// and returns all with m, if something of it is masked, and what m is the same as.
func (m *masked) and(all []*masked) []*masked {
	if m == nil || slices.Contains(all, m) ||
		!m.whole && !m.isObject() && m.element == nil && m.same == nil {
		return all
	}
	all = append(all, m)
	for _, s := range m.same {
		all = s.and(all)
	}
	return all
}

// membersOf returns what a member of some objects is.
func membersOf(of []*masked, name []byte) []*masked {
	var all []*masked
	closed, named := false, false
	for _, m := range of {
		for i, known := range m.names {
			if known == string(name) || equalFold(known, name) {
				all, named = m.fields[i].and(all), true
			}
		}
		all = m.values.and(all)
		closed, named = closed || m.closed, named || m.values != nil
	}
	if closed && !named {
		return unknown
	}
	return all
}

// unknown is a member that an object is not known to have.
var unknown = []*masked{{whole: true}}

// elementsOf returns what an element of some arrays is.
func elementsOf(of []*masked) []*masked {
	var all []*masked
	for _, m := range of {
		all = m.element.and(all)
	}
	return all
}
