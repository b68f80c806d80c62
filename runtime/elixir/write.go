package elixir

import (
	"errors"
	"fmt"

	"github.com/brookgen/brookgen/runtime/wire"
)

// appendTerm appends a JSON text in the format, as the given type.
func (f Format) appendTerm(dst, data []byte, t Type) ([]byte, error) {
	if f > JSONSerde {
		return nil, fmt.Errorf("there is no format %d", f)
	}
	w := writer{format: f, d: wire.NewDecoder(data), source: data, dst: dst}
	w.value(t)
	if err := w.d.Finish(); err != nil {
		return nil, err
	}
	return w.dst, nil
}

// writer rewrites plain JSON.
type writer struct {
	format Format
	d      *wire.Decoder
	source []byte
	dst    []byte
}

// value writes the next value, of a type.
func (w *writer) value(t Type) {
	if t == nil || w.d.Kind() == 'n' {
		w.take()
		return
	}
	t.write(w)
}

// take writes the next value as it is.
func (w *writer) take() {
	w.d.Kind() // past white space
	start := w.d.Offset()
	w.pass()
	if !w.d.Failed() {
		w.dst = append(w.dst, w.source[start:w.d.Offset()]...)
	}
}

// pass copies the next value, in which nothing may look like one of Elixir's own
// types in the format.
func (w *writer) pass() {
	switch w.d.Kind() {
	case '{':
		var g guard
		start := w.d.Offset()
		for i := 0; ; i++ {
			literal, ok := w.d.Member(i)
			if !ok {
				break
			}
			g.member(w, wire.Unquote(literal))
			w.pass()
		}
		g.end(w, start)
	case '[':
		for i := 0; w.d.Element(i); i++ {
			w.pass()
		}
	default:
		w.d.Skip()
	}
}

// text appends a string literal.
func (w *writer) text(s string) {
	e := wire.NewEncoder(w.dst)
	e.String(s)
	w.dst, _ = e.Finish() // a string can always be written
}

// tagged begins an object that stands for one of Elixir's own types, for the value that starts at
// an offset. If the format has no form for it, it returns an error.
func (w *writer) tagged(start int, s Scalar, member string) bool {
	name := w.format.nameOf(s)
	if name == "" {
		w.d.Fail(start, fmt.Errorf("%s has no form for an elixir.%s", w.format, s))
		return false
	}
	w.dst = append(append(append(w.dst, `{"`...), w.format.key()...), `":"`...)
	w.dst = append(append(append(w.dst, name...), `","`...), member...)
	w.dst = append(w.dst, `":`...)
	return true
}

// elements writes an array whose i-th element has the type that each returns, and
// returns their number.
func (w *writer) elements(each func(i int) Type) int {
	w.dst = append(w.dst, '[')
	n := 0
	for ; w.d.Element(n); n++ {
		if n > 0 {
			w.dst = append(w.dst, ',')
		}
		w.value(each(n))
	}
	w.dst = append(w.dst, ']')
	return n
}

// object writes the members of an object, of the types that each returns, up to its end.
func (w *writer) object(g *guard, each func(name string) Type) {
	w.dst = append(w.dst, '{')
	for i := 0; ; i++ {
		literal, ok := w.d.Member(i)
		if !ok {
			return
		}
		if i > 0 {
			w.dst = append(w.dst, ',')
		}
		w.dst = append(append(w.dst, literal...), ':')
		name := wire.Unquote(literal)
		g.member(w, name)
		w.value(each(string(name)))
	}
}

func (t Struct) write(w *writer) {
	start, key := w.d.Offset(), w.format.key()
	if t.Name == "" {
		w.d.Fail(start, errors.New("its elixir.Struct has no Name"))
		return
	}
	if formOf(key, t.Name) != structs {
		w.d.Fail(start,
			fmt.Errorf("to %s %s is no struct: write it with its own type of package elixir, such "+
				"as elixir.Date", w.format, t.Name))
		return
	}
	w.object(&guard{}, func(name string) Type { return t.Fields[name] })
	if w.dst[len(w.dst)-1] != '{' {
		w.dst = append(w.dst, ',')
	}
	w.text(key)
	w.dst = append(w.dst, ':')
	w.text(t.Name)
	w.dst = append(w.dst, '}')
}

func (t Map) write(w *writer) {
	var g guard
	w.d.Kind() // past white space
	start := w.d.Offset()
	w.object(&g, func(string) Type { return t.Of })
	g.end(w, start)
	w.dst = append(w.dst, '}')
}

func (t List) write(w *writer) { w.elements(func(int) Type { return t.Of }) }

func (t MapSet) write(w *writer) {
	if w.tagged(w.d.Offset(), mapSet, "values") {
		w.elements(func(int) Type { return t.Of })
		w.dst = append(w.dst, '}')
	}
}

func (t Tuple) write(w *writer) {
	start := w.d.Offset()
	if !w.tagged(start, tuple, "values") {
		return
	}
	n := w.elements(func(i int) Type {
		if i < len(t) {
			return t[i]
		}
		return nil
	})
	if n != len(t) {
		w.d.Fail(start, fmt.Errorf("it has %d elements, its elixir.Tuple has %d", n, len(t)))
	}
	w.dst = append(w.dst, '}')
}

func (t Keyword) write(w *writer) {
	if w.format == JSONSerde {
		List{Tuple{Atom, t.Of}}.write(w)
		return
	}
	w.dst = append(w.dst, `{"keyword":true,"list":`...)
	w.elements(func(int) Type { return pair(t) })
	w.dst = append(w.dst, '}')
}

// pair is an element of a keyword list of brook_serializer.
type pair Keyword

func (t pair) write(w *writer) {
	start := w.d.Offset()
	n := w.elements(func(i int) Type {
		if i > 0 {
			return t.Of
		}
		return Atom
	})
	if n != 2 {
		w.d.Fail(start, fmt.Errorf("it has %d elements, a pair of an elixir.Keyword has 2", n))
	}
}

func (s Scalar) write(w *writer) {
	kind, start := w.d.Kind(), w.d.Offset()
	literal, ok := w.d.JSON()
	if !ok {
		return
	}
	value := string(literal)
	if kind == '"' {
		value = string(wire.Unquote(literal))
	} else if s != Decimal {
		w.d.Fail(start, fmt.Errorf("an elixir.%s is written from a string", s))
		return
	}
	value, err := s.check(value)
	if err != nil {
		w.d.Fail(start, err)
		return
	}
	if s == Atom && w.format == BrookSerializer {
		w.dst = append(w.dst, literal...)
		return
	}
	if s == Decimal && w.format == BrookSerializer {
		if w.dst, ok = appendFields(w.dst, value); !ok {
			w.d.Fail(start, fmt.Errorf("%q is no Decimal: its exponent is out of range", value))
		}
		w.dst = append(w.dst, `,"`+brookKey+`":"`+decimalName+`"}`...)
		return
	}
	if w.tagged(start, s, "value") {
		w.text(value)
		w.dst = append(w.dst, '}')
	}
}
