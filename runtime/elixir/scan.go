package elixir

import (
	"fmt"

	"github.com/brookgen/brookgen/runtime/wire"
)

// form is what an object of the text stands for.
type form uint8

const (
	object  form = iota // itself
	structs             // a struct: itself without the struct's name
	scalar              // its value
	decimal             // the number that its fields make
	naive               // its value, a time without a zone
	list                // its values
	keyword             // its list, in the format of brook_serializer; else itself
)

// scan passes over a text once, checks it, and notes the forms of its objects in the order in which
// they begin. The name of a struct may come after its fields, so nothing is written before it is
// known: that keeps the work in proportion to the text, however its objects are nested.
type scan struct {
	d     *wire.Decoder
	text  []byte
	forms []form

	// The first object that is not what its name says, and why. The text is read to its end
	// nevertheless, because an event's type comes after its data.
	badAt int
	bad   error
}

// part is a value of the text whose objects are those from first on, up to last.
type part struct {
	text        []byte
	first, last int
}

// part reads a value.
func (s *scan) part() part {
	s.d.Kind() // past white space
	p := part{first: len(s.forms)}
	start := s.d.Offset()
	s.value()
	if !s.d.Failed() {
		p.text = s.text[start:s.d.Offset():s.d.Offset()]
	}
	p.last = len(s.forms)
	return p
}

func (s *scan) value() {
	switch s.d.Kind() {
	case '{':
		s.object()
	case '[':
		for i := 0; s.d.Element(i); i++ {
			s.value()
		}
	default:
		s.d.Skip()
	}
}

// members are the members of an object that determine its form.
type members struct {
	name, key           string // of the struct, and the key under which it stands
	value, values, list byte   // the first bytes of their values, 0 if there are none
	keyword             bool
	number              fields // of a Decimal
	twice               seen   // what occurs more than once
}

type seen uint8

const (
	twiceNamed seen = 1 << iota
	twiceValue
	twiceValues
	twiceList
	twiceNumber
)

func (s *scan) object() {
	start, at := s.d.Offset(), len(s.forms)
	s.forms = append(s.forms, object)
	var o members
	for i := 0; ; i++ {
		name, ok := s.d.Member(i)
		if !ok {
			break
		}
		s.member(&o, wire.Unquote(name))
	}
	if s.d.Failed() {
		return
	}
	f, err := o.form()
	if err != nil {
		if s.bad == nil {
			s.badAt, s.bad = start, err
		}
		return
	}
	s.forms[at] = f
}

func (s *scan) member(o *members, name []byte) {
	kind := s.d.Kind()
	once := func(first byte, what seen) byte {
		if first != 0 {
			o.twice |= what
		}
		return kind
	}
	switch string(name) {
	case brookKey, serdeKey:
		if kind == '"' {
			if o.key != "" {
				o.twice |= twiceNamed
			}
			b, _ := s.d.Text()
			o.name, o.key = string(b), serdeKey
			if string(name) == brookKey {
				o.key = brookKey
			}
			return
		}
	case "value":
		o.value = once(o.value, twiceValue)
	case "values":
		o.values = once(o.values, twiceValues)
	case "keyword":
		o.keyword = kind == 't'
	case "list":
		o.list = once(o.list, twiceList)
	case "coef":
		s.field(o, &o.number.coef)
		return
	case "exp":
		s.field(o, &o.number.exp)
		return
	case "sign":
		s.field(o, &o.number.sign)
		return
	}
	s.value()
}

// field reads the value of a field that may be a Decimal's.
func (s *scan) field(o *members, f *[]byte) {
	if *f != nil {
		o.twice |= twiceNumber
	}
	*f = s.part().text
}

// form returns what an object with such members stands for.
func (o *members) form() (form, error) {
	if o.key == "" {
		if o.keyword && o.list == '[' && o.twice&twiceList == 0 {
			return keyword, nil
		}
		return object, nil
	}
	if o.twice&twiceNamed != 0 {
		return 0, fmt.Errorf("this struct has two names, %s %q is the last", o.key, o.name)
	}
	f := formOf(o.key, o.name)
	if f == decimal && o.value != 0 {
		f = scalar // json_serde from 1.0.2 on
	}
	switch f {
	case decimal:
		if o.twice&twiceNumber != 0 || !o.number.ok() {
			return 0,
				fmt.Errorf("%s %q wants a value, a string, or coef, exp and sign, each one integer",
					o.key, o.name)
		}
	case scalar, naive:
		if o.value != '"' || o.twice&twiceValue != 0 {
			return 0, fmt.Errorf("%s %q wants one value, a string", o.key, o.name)
		}
	case list:
		if o.values != '[' || o.twice&twiceValues != 0 {
			return 0, fmt.Errorf("%s %q wants values, one array", o.key, o.name)
		}
	}
	return f, nil
}

// formOf returns what a struct of that name stands for.
func formOf(key, name string) form {
	switch name {
	case "Elixir.DateTime", "Elixir.Date", "Elixir.Time":
		return scalar
	case "Elixir.NaiveDateTime":
		return naive
	case "Elixir.MapSet":
		return list
	case decimalName:
		return decimal
	}
	if key == brookKey {
		return structs
	}
	switch name {
	case "date_time", "date", "time", "atom":
		return scalar
	case "naive_date_time":
		return naive
	case "map_set", "tuple":
		return list
	}
	return structs
}
