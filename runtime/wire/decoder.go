package wire

// Decoder reads one JSON text in one pass. Nothing that it stores shares memory with the text,
// except what it hands to UnmarshalJSON and UnmarshalText methods, which must copy what they keep.
//
// The first mistake is kept and ends the text: every later call finds nothing more to read. So
// generated code needs no error checks; Finish reports it.
type Decoder struct {
	data    []byte
	pos     int
	start   int // of the value that Raw or Text returned last
	depth   int
	err     *Error
	missing []missing
	shared  *shared // for what a borrowed decoder decodes

	// See Renamed.
	rereading int         // objects whose old names are being read
	skipped   int         // bytes that were skipped in them
	ends      map[int]int // where containers end; nil: not noted
}

// NewDecoder returns a decoder of data, which must not change until Finish.
func NewDecoder(data []byte) *Decoder { return &Decoder{data: data} }

// BorrowDecoder is NewDecoder for generated code, which does not use the decoder after Finish: it
// is one that decoders of other texts were before and will be. So it need not be allocated, nor
// what it needs besides (see shared).
func BorrowDecoder(data []byte) *Decoder {
	s := pool.Get().(*shared)
	s.decoder.data = data
	return &s.decoder
}

// Finish reports the first mistake, data after the value, or else all required fields that were
// missing. The error is an *Error.
func (d *Decoder) Finish() error {
	if d.err == nil && d.pos == len(d.data) && d.missing == nil && d.shared == nil {
		return nil
	}
	return d.finish()
}

func (d *Decoder) finish() error {
	if d.err == nil && d.peek() != 0 || d.pos < len(d.data) {
		d.fail("the end of the data")
	}
	if d.err == nil && len(d.missing) > 0 {
		d.err = missingError(d.data, d.missing)
	}
	err := d.err
	if d.shared != nil {
		d.shared.giveBack()
	}
	if err == nil {
		return nil
	}
	return err
}

// Check takes the error of an UnmarshalJSON or UnmarshalText method.
//
//go:noinline
func (d *Decoder) Check(err error) {
	if err != nil && d.err == nil {
		d.pos = d.start
		d.failWith(&Error{Err: err})
	}
}

// Null reports whether a null comes next, and takes it.
//
//go:noinline
func (d *Decoder) Null() bool {
	if d.peek() != 'n' {
		return false
	}
	d.literal("null")
	return true
}

// IsNull reports whether a null comes next.
//
//go:noinline
func (d *Decoder) IsNull() bool { return d.peek() == 'n' }

// peek returns the next byte that is not white space, 0 at the end.
func (d *Decoder) peek() byte {
	if d.pos < len(d.data) {
		if c := d.data[d.pos]; c > ' ' {
			return c
		}
	}
	return d.peekSlow()
}

func (d *Decoder) peekSlow() byte {
	for d.pos < len(d.data) {
		switch c := d.data[d.pos]; c {
		case ' ', '\n', '\t', '\r':
			d.pos++
		default:
			return c
		}
	}
	return 0
}

// literal takes one of true, false and null, of which the first byte was seen.
func (d *Decoder) literal(s string) {
	if end := d.pos + len(s); end <= len(d.data) && string(d.data[d.pos:end]) == s {
		d.pos = end
		return
	}
	d.fail(s)
}

// open enters an object or array, whose first byte is c. A null is taken and is not entered.
func (d *Decoder) open(c byte, want string) bool {
	if d.peek() != c {
		d.nullOr(want)
		return false
	}
	if d.depth++; d.depth > maxDepth {
		d.fail("at most 10000 levels of nesting")
		return false
	}
	d.pos++
	return true
}

// element reports whether an array has an element i, and stands on it.
func (d *Decoder) element(i int) bool {
	switch c := d.peek(); {
	case c == ']':
		d.pos++
		d.depth--
		return false
	case i == 0:
		return c != 0 || d.fail("an element or ]")
	case c == ',':
		d.pos++
		if d.peek() == ']' {
			return d.fail("an element")
		}
		return true
	}
	return d.fail(", or ]")
}

// nullOr takes a null; anything else is not what was wanted.
func (d *Decoder) nullOr(want string) {
	if d.peek() == 'n' {
		d.literal("null")
		return
	}
	d.fail(want)
}
