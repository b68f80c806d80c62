package pack

import (
	"errors"
	"fmt"
	"strconv"
)

// Transcoder rewrites values of an old shape into a new one. It is safe for concurrent use.
//
// Fields are matched by their names, however deep, and those of embedded structs as if they were
// the outer one's own: a field that is new is zero, one that is gone is dropped, and their order
// does not matter. An embedded pointer is nil if nothing of what it points at was stored. Integers
// may change their size where the value fits, and become floats if that is exact, as may floats
// among themselves; a value may become a pointer to it, and the other way round; slices may
// become arrays that are as long, and arrays slices. Any other change of a type is an error that
// names path and types.
type Transcoder struct{ root *step }

// NewTranscoder makes what turns values of shape old into values of shape now. An error means
// that a schema is damaged.
func NewTranscoder(old, now *Schema) (*Transcoder, error) {
	l := &linker{steps: map[[2]*node]*step{}}
	t := &Transcoder{l.link(old.root, now.root)}
	return t, l.err
}

// TranscodeError is the part of a value that can't be carried into the new shape, and the reason.
type TranscodeError struct {
	Path string // with the names that are stored: items[3].price; "" for the value as a whole
	Err  error
}

// Error returns path and reason.
func (e *TranscodeError) Error() string { return "pack: " + prefixed(e.Path, e.Err.Error()) }

// Unwrap returns Err.
func (e *TranscodeError) Unwrap() error { return e.Err }

// Append appends data, a value of the old shape, to dst as one of the new. After an error it
// returns dst as it was.
func (t *Transcoder) Append(dst, data []byte) ([]byte, error) {
	r := &rewriter{in: Coder{buf: data, reading: true}, out: dst,
		most: len(dst) + 16<<20 + 256*len(data)}
	err := r.run(t.root)
	if err == nil {
		if r.in.pos < len(data) {
			r.in.expected("the end of the data")
		}
		err = r.in.err
	}
	if err != nil {
		return r.out[:len(dst)], err
	}
	return r.out, nil
}

// rewriter is one transcoding.
type rewriter struct {
	in    Coder
	out   []byte
	depth int
	most  int // bytes that out may have
}

// errGrowth is for data that are damaged: small structs that become large ones, again and again.
var errGrowth = errors.New("the value grows beyond all proportion: " +
	"it is damaged, or its new shape far too large")

// run rewrites the next value. An error has the path below the value.
func (r *rewriter) run(s *step) error {
	if r.depth++; r.depth > 4*maxDepth { // structs and what becomes a pointer count too
		return &TranscodeError{"", errDepth}
	}
	if len(r.out) > r.most {
		return &TranscodeError{"", errGrowth}
	}
	err := r.rewrite(s)
	r.depth--
	return err
}

func (r *rewriter) rewrite(s *step) error {
	switch s.op {
	case opCopy:
		start := r.in.pos
		r.in.skip()
		r.out = append(r.out, r.in.buf[start:r.in.pos]...)
		return r.in.err
	case opWrap:
		r.out = append(r.out, codeFixArray|1)
		return r.run(s.elem)
	case opStruct:
		return r.fields(s)
	case opPromote:
		return r.promote(s.promote)
	}
	if r.in.peek() == codeNil {
		r.in.pos++
		if s.zero == nil {
			r.out = append(r.out, codeNil)
		}
		r.out = append(r.out, s.zero...)
		return nil
	}
	switch s.op {
	case opUnwrap:
		if r.in.peek() != codeFixArray|1 {
			r.in.expected("nil, or an array of one")
			return r.in.err
		}
		r.in.pos++
		return r.run(s.elem)
	case opInteger:
		return r.integer(s.now)
	case opFloat:
		return r.float(s)
	case opPointer, opList:
		return r.list(s)
	case opMap:
		return r.entries(s)
	}
	return &TranscodeError{"", errors.New(s.mismatch())}
}

func (r *rewriter) integer(now *node) error {
	bits, negative, ok := r.in.integer("an integer")
	if !ok {
		return r.in.err
	}
	n := int64(bits)
	switch {
	case now.kind == kindUint && (negative || bits>>(now.len-1)>>1 != 0):
	case now.kind == kindInt && ((n < 0) != negative || n<<(64-now.len)>>(64-now.len) != n):
	case negative:
		r.out = appendInt(r.out, n)
		return nil
	default:
		r.out = appendUint(r.out, bits)
		return nil
	}
	text := strconv.FormatUint(bits, 10)
	if negative {
		text = strconv.FormatInt(n, 10)
	}
	return &TranscodeError{"", fmt.Errorf("stored value %s is out of range for %s", text, now.text)}
}

// float is for floats and integers that become floats.
func (r *rewriter) float(s *step) error {
	var f float64
	exact := true
	switch s.old.kind {
	case kindInt, kindUint:
		bits, negative, _ := r.in.integer("an integer")
		if f = float64(bits); negative {
			f = float64(int64(bits))
			exact = int64(f) == int64(bits)
		} else {
			exact = f < 1<<64 && uint64(f) == bits
		}
	default:
		f, _ = r.in.float("a float")
	}
	if r.in.err != nil {
		return r.in.err
	}
	if s.now.kind == kindFloat32 {
		r.out = appendFloat32(r.out, float32(f))
		exact = exact && (float64(float32(f)) == f || f != f)
	} else {
		r.out = appendFloat64(r.out, f)
	}
	if !exact {
		return &TranscodeError{"",
			fmt.Errorf("stored value of type %s is not exact as %s", s.old.text, s.now.text)}
	}
	return nil
}

// list is for slices, arrays and pointers, which are arrays of one.
func (r *rewriter) list(s *step) error {
	var n int
	fromBytes := s.old.kind == kindBytes
	if fromBytes {
		b, _ := r.in.binary("binary")
		n = len(b)
		r.in.pos -= n
	} else {
		n, _ = r.in.arrayLen("an array")
	}
	if r.in.err != nil {
		return r.in.err
	}
	toBytes := s.now.kind == kindBytes
	switch array := s.now.kind == kindArray || toBytes && s.now.len >= 0; {
	case array && n > s.now.len:
		return &TranscodeError{"",
			fmt.Errorf("%d elements are stored, and %s has room for %d", n, s.now.text, s.now.len)}
	case array && n < s.now.len:
		return &TranscodeError{"",
			fmt.Errorf("%d elements are stored, and %s has %d", n, s.now.text, s.now.len)}
	case toBytes:
		r.out = appendBinaryLen(r.out, n)
	default:
		r.out = appendArrayLen(r.out, n)
	}
	for i := range n {
		var err error
		switch {
		case fromBytes && toBytes:
			r.out = append(r.out, r.in.take(1)...)
		case fromBytes:
			err = r.octet(s.elem)
		case toBytes:
			err = r.toOctet(s.elem)
		default:
			err = r.run(s.elem)
		}
		if err != nil && s.op == opList {
			return at("["+strconv.Itoa(i)+"]", err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// octet rewrites one byte of binary, which becomes an element of an array.
func (r *rewriter) octet(s *step) error {
	one := rewriter{in: Coder{buf: appendUint(nil, uint64(r.in.take(1)[0])), reading: true},
		out: r.out, depth: r.depth, most: r.most}
	err := one.run(s)
	r.out = one.out
	return err
}

// toOctet rewrites one element of an array, which becomes a byte of binary.
func (r *rewriter) toOctet(s *step) error {
	start := len(r.out)
	if err := r.run(s); err != nil {
		return err
	}
	one := Coder{buf: r.out[start:], reading: true}
	n, _ := one.unsigned(8, "a byte")
	r.out = append(r.out[:start], byte(n))
	return one.err
}

func (r *rewriter) entries(s *step) error {
	n, _ := r.in.mapLen()
	if r.in.err != nil {
		return r.in.err
	}
	r.out = appendMapLen(r.out, n)
	for range n {
		start := r.in.pos
		if err := r.run(s.key); err != nil {
			return at("[key]", err)
		}
		end := r.in.pos
		if err := r.run(s.elem); err != nil {
			return at(keyPath(r.in.buf[start:end]), err)
		}
	}
	return nil
}

// keyPath shows the key of a map in a path.
func keyPath(data []byte) string {
	var key any
	if Decode(data, &key, (*Coder).Any) != nil {
		return "[]"
	}
	if s, ok := key.(string); ok {
		return "[" + strconv.Quote(abridged(s, 40)) + "]"
	}
	return "[" + abridged(fmt.Sprint(key), 40) + "]"
}

// fields goes through the old fields in their order, and then brings what became of them into the
// order of the new ones.
func (r *rewriter) fields(s *step) error {
	if err := r.header(len(s.olds)); err != nil {
		return err
	}
	r.out = appendArrayLen(r.out, len(s.news))
	body := len(r.out)
	next := 0 // the new field that is written next, if the order is kept
	var spans []span
	if !s.ordered {
		spans = make([]span, len(s.news))
	}
	for i, f := range s.olds {
		if f.index < 0 {
			if r.in.skip(); r.in.err != nil {
				return r.in.err
			}
			continue
		}
		if s.ordered {
			r.zeros(s.news[next:f.index])
			next = f.index + 1
		}
		from := len(r.out)
		if err := r.run(f.step); err != nil {
			return at(s.old.fields[i].name, err)
		}
		if !s.ordered {
			spans[f.index] = span{start: from, end: len(r.out)}
		}
	}
	if s.ordered {
		r.zeros(s.news[next:])
		return nil
	}
	end := len(r.out)
	for i, f := range s.news {
		if f.index < 0 {
			r.out = append(r.out, f.zero...)
		} else {
			r.out = append(r.out, r.out[spans[i].start:spans[i].end]...)
		}
	}
	n := copy(r.out[body:], r.out[end:])
	r.out = r.out[:body+n]
	return nil
}

func (r *rewriter) zeros(news []source) {
	for _, f := range news {
		r.out = append(r.out, f.zero...)
	}
}

// at puts an element before an error's path.
func at(name string, err error) error {
	var e *TranscodeError
	if !errors.As(err, &e) {
		return &TranscodeError{name, err}
	}
	e.Path = join(name, e.Path)
	return e
}
