package pack

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"
	"time"
)

// AppendJSON appends data, a value of the shape, to dst as JSON for people to read: all stored
// fields by their wire names, those of embedded structs among the outer one's, bytes as base64,
// times as in RFC 3339, and what JSON has no number for as a string. An error means that data is
// damaged; dst is returned as it was then. It is safe for concurrent use.
func (s *Schema) AppendJSON(dst, data []byte) ([]byte, error) {
	w := jsonWriter{in: Coder{buf: data, reading: true, budget: 256 + 32*uint64(len(data))}, out: dst}
	w.value(s.root)
	if w.in.err == nil && w.in.pos < len(data) {
		w.in.expected("the end of the data")
	}
	if w.in.err != nil {
		return w.out[:len(dst)], w.in.err
	}
	return w.out, nil
}

// jsonWriter writes one value as JSON. The first mistake is kept by in.
type jsonWriter struct {
	in  Coder
	out []byte
}

func (w *jsonWriter) value(n *node) {
	if !w.in.enter() {
		return
	}
	defer w.in.leave()
	if w.in.peek() == codeNil {
		w.in.pos++
		w.out = append(w.out, "null"...)
		return
	}
	switch n.kind {
	case kindPointer:
		if length, ok := w.in.arrayLen("a pointer"); ok && length != 1 {
			w.in.expected("an array of one")
		}
		w.value(n.elem)
	case kindSlice, kindArray:
		w.list(n)
	case kindMap:
		w.entries(n)
	case kindStruct:
		w.out = append(w.out, '{')
		w.fields(n, true)
		w.out = append(w.out, '}')
	default:
		w.basic(n)
	}
}

func (w *jsonWriter) basic(n *node) {
	switch n.kind {
	case kindBool:
		var b bool
		w.in.Bool(&b)
		w.out = strconv.AppendBool(w.out, b)
	case kindInt, kindUint:
		bits, negative, _ := w.in.integer("an integer")
		if negative {
			w.out = strconv.AppendInt(w.out, int64(bits), 10)
		} else {
			w.out = strconv.AppendUint(w.out, bits, 10)
		}
	case kindFloat32, kindFloat64:
		f, _ := w.in.float("a float")
		w.float(f, n.kind)
	case kindBytes:
		b, _ := w.in.binary("binary")
		w.bytes(b)
	default:
		w.plain(n.text)
	}
}

// plain writes a value of a type that has a name of its own.
func (w *jsonWriter) plain(name string) {
	switch name {
	case "time":
		var t time.Time
		w.in.Time(&t)
		w.text(t.Format(time.RFC3339Nano))
	case "any":
		var v any
		w.in.Any(&v)
		w.other(v)
	case "raw", "json":
		b, _ := w.in.binary("binary")
		if json.Valid(b) {
			w.out = append(w.out, b...)
		} else {
			w.bytes(b)
		}
	case "number":
		b, _ := w.in.text("a string")
		if json.Valid(b) {
			w.out = append(w.out, b...)
		} else {
			w.text(string(b))
		}
	case "binary":
		b, _ := w.in.binary("binary")
		w.bytes(b)
	default:
		b, _ := w.in.text("a string")
		w.text(string(b))
	}
}

func (w *jsonWriter) float(f float64, k kind) {
	size := 64
	if k == kindFloat32 {
		size = 32
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		w.text(strconv.FormatFloat(f, 'g', -1, size))
		return
	}
	w.out = strconv.AppendFloat(w.out, f, 'g', -1, size)
}

func (w *jsonWriter) list(n *node) {
	length, _ := w.in.arrayLen("an array")
	w.out = append(w.out, '[')
	for i := range length {
		if i > 0 {
			w.out = append(w.out, ',')
		}
		if w.value(n.elem); w.in.err != nil {
			return
		}
	}
	w.out = append(w.out, ']')
}

// entries writes a map. A key that is no string is the text of its JSON.
func (w *jsonWriter) entries(n *node) {
	length, _ := w.in.mapLen()
	w.out = append(w.out, '{')
	for i := range length {
		if i > 0 {
			w.out = append(w.out, ',')
		}
		at := len(w.out)
		w.value(n.key)
		if k := w.out[at:]; len(k) == 0 || k[0] != '"' {
			name := string(k)
			w.out = w.out[:at]
			w.text(name)
		}
		w.out = append(w.out, ':')
		if w.value(n.elem); w.in.err != nil {
			return
		}
	}
	w.out = append(w.out, '}')
}

// fields writes the fields of a struct, without braces; first is set if nothing stands before them.
// It reports whether nothing does after it.
func (w *jsonWriter) fields(n *node, first bool) bool {
	w.in.Struct(len(n.fields))
	for _, f := range n.fields {
		if w.in.err != nil {
			return first
		}
		if inner := f.promotes(); inner != nil {
			first = w.embedded(f.typ, inner, first)
			continue
		}
		if !first {
			w.out = append(w.out, ',')
		}
		first = false
		w.text(f.name)
		w.out = append(w.out, ':')
		w.value(f.typ)
	}
	return first
}

// embedded writes the promoted fields of an embedded struct, none if that is behind a nil pointer.
func (w *jsonWriter) embedded(typ, inner *node, first bool) bool {
	if !w.in.enter() {
		return first
	}
	defer w.in.leave()
	if typ.kind == kindPointer {
		if w.in.peek() == codeNil {
			w.in.pos++
			return first
		}
		w.in.arrayLen("a pointer")
	}
	return w.fields(inner, first)
}

// promotes returns the struct whose fields are promoted through f, or nil.
func (f field) promotes() *node {
	typ := f.typ
	if typ.kind == kindPointer {
		typ = typ.elem
	}
	if f.embedded && typ.kind == kindStruct {
		return typ
	}
	return nil
}

func (w *jsonWriter) text(s string) { w.other(s) }

func (w *jsonWriter) bytes(b []byte) { w.text(base64.StdEncoding.EncodeToString(b)) }

// other writes what encoding/json makes of v, with <, > and & as they are.
func (w *jsonWriter) other(v any) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		w.in.fail(err)
		return
	}
	w.out = append(w.out, bytes.TrimSuffix(buf.Bytes(), []byte("\n"))...)
}
