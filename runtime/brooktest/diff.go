package brooktest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxLines is how many differences are worth reading.
const maxLines = 20

// differ collects the differences of two values.
type differ struct {
	lines []string
	depth int
}

// newDiffer compares what two pointers point at.
func newDiffer(got, want any) *differ {
	d := &differ{}
	d.compare("", reflect.ValueOf(got).Elem(), reflect.ValueOf(want).Elem())
	return d
}

func (d *differ) String() string {
	if n := len(d.lines); n > maxLines {
		d.lines = append(d.lines[:maxLines], fmt.Sprintf("and %d more", n-maxLines))
	}
	return strings.Join(d.lines, "\n")
}

func (d *differ) differs(path, format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	if path != "" {
		line = path + ": " + line
	}
	d.lines = append(d.lines, line)
}

func (d *differ) compare(path string, got, want reflect.Value) {
	if d.depth++; d.depth > maxDepth {
		d.differs(path, "too deep to compare")
		return
	}
	defer func() { d.depth-- }()
	if equal, asked := askEqual(got, want); asked {
		if !equal {
			d.differs(path, "got %s, want %s", show(got), show(want))
		}
		return
	}
	switch got.Kind() {
	case reflect.Struct:
		for i := range got.NumField() {
			d.compare(path+"."+got.Type().Field(i).Name, got.Field(i), want.Field(i))
		}
	case reflect.Array:
		for i := range got.Len() {
			d.compare(fmt.Sprintf("%s[%d]", path, i), got.Index(i), want.Index(i))
		}
	case reflect.Pointer, reflect.Interface:
		d.pointer(path, got, want)
	case reflect.Slice:
		d.slice(path, got, want)
	case reflect.Map:
		d.mapped(path, got, want)
	default:
		if !same(got, want) {
			d.differs(path, "got %s, want %s", show(got), show(want))
		}
	}
}

func (d *differ) pointer(path string, got, want reflect.Value) {
	switch {
	case got.IsNil() || want.IsNil():
		if got.IsNil() != want.IsNil() {
			d.differs(path, "got %s, want %s", show(got), show(want))
		}
	case got.Elem().Type() != want.Elem().Type():
		d.differs(path, "got %s %s, want %s %s", got.Elem().Type(), show(got),
			want.Elem().Type(), show(want))
	case got.Kind() == reflect.Interface || got.Pointer() != want.Pointer():
		d.compare(path, got.Elem(), want.Elem())
	}
}

func (d *differ) slice(path string, got, want reflect.Value) {
	if got.IsNil() != want.IsNil() && path != "" {
		d.differs(path, "got %s, want %s", show(got), show(want))
		return
	}
	if got.Type().Elem().Kind() == reflect.Uint8 {
		if !bytes.Equal(got.Bytes(), want.Bytes()) {
			d.differs(path, "got %s, want %s", show(got), show(want))
		}
		return
	}
	for i := range max(got.Len(), want.Len()) {
		at := fmt.Sprintf("%s[%d]", path, i)
		switch {
		case i >= got.Len():
			d.differs(at, "missing, want %s", show(want.Index(i)))
		case i >= want.Len():
			d.differs(at, "not wanted: %s", show(got.Index(i)))
		default:
			d.compare(at, got.Index(i), want.Index(i))
		}
	}
}

func (d *differ) mapped(path string, got, want reflect.Value) {
	if got.IsNil() != want.IsNil() && path != "" {
		d.differs(path, "got %s, want %s", show(got), show(want))
		return
	}
	type place struct {
		path string
		key  reflect.Value
	}
	var places []place
	for _, key := range got.MapKeys() {
		places = append(places, place{fmt.Sprintf("%s[%s]", path, show(key)), key})
	}
	for _, key := range want.MapKeys() {
		if !got.MapIndex(key).IsValid() {
			places = append(places, place{fmt.Sprintf("%s[%s]", path, show(key)), key})
		}
	}
	slices.SortFunc(places, func(a, b place) int { return strings.Compare(a.path, b.path) })
	for _, p := range places {
		switch g, w := got.MapIndex(p.key), want.MapIndex(p.key); {
		case !g.IsValid():
			d.differs(p.path, "missing, want %s", show(w))
		case !w.IsValid():
			d.differs(p.path, "not wanted: %s", show(g))
		default:
			d.compare(p.path, g, w)
		}
	}
}

// askEqual calls the method Equal(T) bool of type T, if there is one.
func askEqual(got, want reflect.Value) (equal, asked bool) {
	t := got.Type()
	if !got.CanInterface() || t.Kind() == reflect.Interface || t.Kind() == reflect.Pointer &&
		(got.IsNil() || want.IsNil()) {
		return false, false
	}
	m, ok := t.MethodByName("Equal")
	if !ok || m.Type.NumIn() != 2 || m.Type.In(1) != t || m.Type.NumOut() != 1 ||
		m.Type.Out(0).Kind() != reflect.Bool {
		return false, false
	}
	return m.Func.Call([]reflect.Value{got, want})[0].Bool(), true
}

// same compares values of the kinds that contain no others. Functions are the same
// only if both are nil.
func same(got, want reflect.Value) bool {
	if got.Kind() == reflect.Func {
		return got.IsNil() && want.IsNil()
	}
	return got.Equal(want)
}

// show writes a value in one line.
func show(v reflect.Value) string {
	switch v.Kind() {
	case reflect.String:
		return strconv.Quote(v.String())
	case reflect.Pointer, reflect.Interface, reflect.Map, reflect.Func, reflect.Slice:
		if v.IsNil() {
			return "nil"
		}
	}
	if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 {
		if b := v.Bytes(); utf8.Valid(b) {
			return fmt.Sprintf("%q", b)
		}
	}
	if !v.CanInterface() {
		return fmt.Sprintf("%+v", v)
	}
	switch v.Kind() {
	case reflect.Struct, reflect.Map, reflect.Slice, reflect.Array, reflect.Pointer,
		reflect.Interface:
		if b, err := json.Marshal(v.Interface()); err == nil {
			return string(b)
		}
	}
	return fmt.Sprintf("%+v", v)
}
