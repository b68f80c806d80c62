package elixir

import "github.com/brookgen/brookgen/runtime/wire"

// special reports whether a part has to be rewritten to be plain JSON.
func (p part) special(forms []form, f Format) bool {
	for _, f2 := range forms[p.first:p.last] {
		if f2 != object && (f2 != keyword || f == BrookSerializer) {
			return true
		}
	}
	return false
}

// string returns a part that is a string or an atom, "" if it is absent or null. ok is false for
// anything else. If before is the right guess, it saves a copy.
func (p part) string(forms []form, before string) (s string, ok bool) {
	text := p.text
	if p.special(forms, JSONSerde) {
		text = p.plain(forms, JSONSerde)
	}
	switch {
	case text == nil || string(text) == "null":
		return "", true
	case text[0] != '"':
		return "", false
	}
	if b := wire.Unquote(text); string(b) != before {
		return string(b), true
	}
	return before, true
}

// plain returns a part as plain JSON.
func (p part) plain(forms []form, f Format) []byte {
	w := plainer{d: wire.NewDecoder(p.text), forms: forms[p.first:p.last],
		keywords: f == BrookSerializer, dst: make([]byte, 0, len(p.text))}
	w.value()
	return w.dst
}

// plainer rewrites a text that was scanned.
type plainer struct {
	d        *wire.Decoder
	forms    []form // of objects yet to come
	keywords bool   // they are lists
	dst      []byte
}

func (w *plainer) value() {
	switch w.d.Kind() {
	case '{':
		f := w.forms[0]
		w.forms = w.forms[1:]
		w.object(f)
	case '[':
		w.dst = append(w.dst, '[')
		for i := 0; w.d.Element(i); i++ {
			if i > 0 {
				w.dst = append(w.dst, ',')
			}
			w.value()
		}
		w.dst = append(w.dst, ']')
	default:
		b, _ := w.d.JSON()
		w.dst = append(w.dst, b...)
	}
}

// object writes what an object stands for.
func (w *plainer) object(f form) {
	switch {
	case f == scalar || f == naive:
		w.only("value")
		if f == naive {
			w.dst = append(w.dst[:len(w.dst)-1], `Z"`...)
		}
		return
	case f == list:
		w.only("values")
		return
	case f == decimal:
		w.decimal()
		return
	case f == keyword && w.keywords:
		w.only("list")
		return
	}
	w.dst = append(w.dst, '{')
	start := len(w.dst)
	for i := 0; ; i++ {
		literal, ok := w.d.Member(i)
		if !ok {
			break
		}
		if f == structs {
			if name := wire.Unquote(literal); (string(name) == brookKey ||
				string(name) == serdeKey) && w.d.Kind() == '"' {
				w.d.Skip()
				continue
			}
		}
		if len(w.dst) > start {
			w.dst = append(w.dst, ',')
		}
		w.dst = append(append(w.dst, literal...), ':')
		w.value()
	}
	w.dst = append(w.dst, '}')
}

// only writes the value of one member alone.
func (w *plainer) only(member string) {
	for i := 0; ; i++ {
		literal, ok := w.d.Member(i)
		if !ok {
			return
		}
		end := len(w.dst)
		if w.value(); string(wire.Unquote(literal)) != member {
			w.dst = w.dst[:end]
		}
	}
}

// decimal writes the number that fields make.
func (w *plainer) decimal() {
	var number fields
	start := len(w.dst)
	for i := 0; ; i++ {
		literal, ok := w.d.Member(i)
		if !ok {
			break
		}
		w.value()
		text := append([]byte(nil), w.dst[start:]...)
		w.dst = w.dst[:start]
		switch string(wire.Unquote(literal)) {
		case "coef":
			number.coef = text
		case "exp":
			number.exp = text
		case "sign":
			number.sign = text
		}
	}
	w.dst = number.appendText(w.dst)
}
