package load

import (
	"fmt"
	"go/types"
	"strconv"
	"strings"

	"github.com/brookgen/brookgen/templates/model"
)

// A sourceWriter writes a type that is only named, with the defined types in it apart: what they
// are called depends on the file that they are written into.
type sourceWriter struct {
	*builder
	text strings.Builder
	all  []model.Fragment
}

func (w *sourceWriter) done() []model.Fragment {
	if w.text.Len() > 0 {
		w.all = append(w.all, model.Fragment{Text: w.text.String()})
		w.text.Reset()
	}
	return w.all
}

func (w *sourceWriter) write(t types.Type) {
	switch t := types.Unalias(t).(type) {
	case *types.Basic, *types.Named:
		w.done()
		w.all = append(w.all, model.Fragment{Type: w.mention(t)})
	case *types.Pointer:
		w.wrap("*", t.Elem(), "")
	case *types.Slice:
		w.wrap("[]", t.Elem(), "")
	case *types.Array:
		w.wrap(fmt.Sprintf("[%d]", t.Len()), t.Elem(), "")
	case *types.Map:
		w.wrap("map[", t.Key(), "]")
		w.write(t.Elem())
	case *types.Chan:
		w.wrap(map[types.ChanDir]string{types.SendRecv: "chan (", types.SendOnly: "chan<- (", types.RecvOnly: "<-chan ("}[t.Dir()], t.Elem(), ")")
	case *types.Signature:
		w.text.WriteString("func")
		w.signature(t)
	case *types.Struct:
		w.text.WriteString("struct{")
		for i := range t.NumFields() {
			v := t.Field(i)
			w.text.WriteString([]string{" ", "; "}[min(i, 1)])
			if !v.Embedded() {
				w.text.WriteString(v.Name() + " ")
			}
			w.write(v.Type())
			if t.Tag(i) != "" {
				w.text.WriteString(" " + strconv.Quote(t.Tag(i)))
			}
		}
		w.text.WriteString("}")
	case *types.Interface:
		w.iface(t)
	default:
		w.text.WriteString(t.String()) // a union, where the compiler lets none stand
	}
}

func (w *sourceWriter) wrap(before string, t types.Type, after string) {
	w.text.WriteString(before)
	w.write(t)
	w.text.WriteString(after)
}

func (w *sourceWriter) iface(t *types.Interface) {
	if t.Empty() {
		w.text.WriteString("any")
		return
	}
	w.text.WriteString("interface{ ")
	for f := range t.ExplicitMethods() {
		w.text.WriteString(f.Name())
		w.signature(f.Signature())
		w.text.WriteString("; ")
	}
	for e := range t.EmbeddedTypes() {
		w.wrap("", e, "; ")
	}
	w.text.WriteString("}")
}

func (w *sourceWriter) signature(s *types.Signature) {
	w.text.WriteString("(")
	w.tuple(s.Params(), s.Variadic())
	w.text.WriteString(") (")
	w.tuple(s.Results(), false)
	w.text.WriteString(")")
}

func (w *sourceWriter) tuple(t *types.Tuple, variadic bool) {
	for i := range t.Len() {
		if i > 0 {
			w.text.WriteString(", ")
		}
		of := t.At(i).Type()
		if list, ok := types.Unalias(of).(*types.Slice); ok && variadic && i == t.Len()-1 {
			w.wrap("...", list.Elem(), "")
			continue
		}
		w.write(of)
	}
}
