package codectest

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
)

// renaming is the codec of a type whose fields have old names or defaults: what encoding/json makes
// of a text that has the names of today and the defaults.
func renaming[T any](name string,
	encode func([]byte, *T) ([]byte, error), decode func([]byte) (T, error)) tested {
	c := codec(name, encode, decode)
	plain := c.std
	c.aged = true
	c.std = func(data []byte) (any, error) {
		if json.Valid(data) {
			if bytes.Equal(bytes.TrimSpace(data), []byte("null")) {
				data = []byte("{}") // the whole text: as good as no members
			}
			data = today(reflect.TypeFor[T](), data)
		}
		return plain(data)
	}
	return c
}

// A named is a field as it is on the wire, its own or promoted.
type named struct {
	name string
	olds []string
	text *string // the default
	typ  reflect.Type
	str  bool  // the string option
	held []int // the embedded pointer that it is promoted through
}

// wireFields returns the fields of a struct.
func wireFields(t reflect.Type, held []int) (fields []named) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" {
			inner, through := f.Type, held
			if inner.Kind() == reflect.Pointer {
				inner, through = inner.Elem(), append(held, i)
			}
			fields = append(fields, wireFields(inner, through)...)
			continue
		}
		if name == "" {
			name = f.Name
		}
		n := named{name: name, typ: f.Type, str: opts == "string", held: held}
		tag, text, ok := strings.Cut(","+f.Tag.Get("brook"), ",default=")
		if ok {
			n.text = &text
		}
		for word := range strings.SplitSeq(tag, ",") {
			if old, ok := strings.CutPrefix(word, "was="); ok {
				n.olds = append(n.olds, old)
			}
		}
		fields = append(fields, n)
	}
	return fields
}

// A pair is a member of an object.
type pair struct {
	key   string
	value json.RawMessage
}

// today returns a valid text as one that was written today: with the names and all members of
// today.
func today(t reflect.Type, data json.RawMessage) json.RawMessage {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if p := reflect.PointerTo(t); p.Implements(reflect.TypeFor[json.Unmarshaler]()) {
		return data
	}
	switch first := bytes.TrimSpace(data)[0]; {
	case first == '[' && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array):
		var all []json.RawMessage
		if json.Unmarshal(data, &all) != nil {
			return data
		}
		for i := range all {
			all[i] = today(t.Elem(), all[i])
		}
		return joined('[', ']', all)
	case first == '{' && t.Kind() == reflect.Map:
		pairs := members(data)
		for i, p := range pairs {
			pairs[i].value = today(t.Elem(), p.value)
		}
		return object(pairs)
	case first == '{' && t.Kind() == reflect.Struct:
		return object(currentMembers(wireFields(t, nil), members(data)))
	}
	return data
}

// currentMembers returns the members of an object with the names of today, and those that are
// absent.
func currentMembers(fields []named, pairs []pair) (out []pair) {
	met := map[int]bool{}
	old := map[int]map[string]json.RawMessage{}
	held := map[int]bool{}
	for _, p := range pairs {
		i, was := find(fields, p.key)
		switch {
		case i < 0:
			continue
		case was == "":
			met[i] = true
			out = append(out, pair{fields[i].name, today(fields[i].typ, p.value)})
		default:
			if old[i] == nil {
				old[i] = map[string]json.RawMessage{}
			}
			old[i][was] = p.value
		}
	}
	for i, f := range fields {
		for _, name := range f.olds {
			if value, ok := old[i][name]; ok && !met[i] {
				met[i] = true
				out = append(out, pair{f.name, today(f.typ, value)})
			}
		}
		if met[i] && f.held != nil {
			held[f.held[0]] = true
		}
	}
	for i, f := range fields {
		if met[i] || f.held != nil && !held[f.held[0]] {
			continue
		}
		if value := absent(f); value != nil {
			out = append(out, pair{f.name, value})
		}
	}
	return out
}

// absent is the value of a field that is not there, or nil.
func absent(f named) json.RawMessage {
	t := f.typ
	if f.text == nil {
		if t.Kind() == reflect.Struct {
			return today(t, json.RawMessage("{}"))
		}
		return nil
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	text := []byte(*f.text)
	if t.Kind() == reflect.String && t != reflect.TypeFor[json.Number]() {
		text, _ = json.Marshal(string(text))
	}
	if f.str {
		text, _ = json.Marshal(string(text))
	}
	return text
}

// find looks for the field of a key, by an exact match of any name or else without regard to case,
// and for the old name that it was found by.
func find(fields []named, key string) (field int, old string) {
	for _, equal := range []func(a, b string) bool{func(a, b string) bool { return a == b },
		strings.EqualFold} {
		for i, f := range fields {
			if equal(f.name, key) {
				return i, ""
			}
		}
		for i, f := range fields {
			for _, old := range f.olds {
				if equal(old, key) {
					return i, old
				}
			}
		}
	}
	return -1, ""
}

// members are those of an object, in its order, none left out.
func members(data json.RawMessage) (pairs []pair) {
	d := json.NewDecoder(bytes.NewReader(data))
	_, _ = d.Token()
	for d.More() {
		key, _ := d.Token()
		var p pair
		p.key, _ = key.(string)
		_ = d.Decode(&p.value)
		pairs = append(pairs, p)
	}
	return pairs
}

func object(pairs []pair) json.RawMessage {
	var all []json.RawMessage
	for _, p := range pairs {
		key, _ := json.Marshal(p.key)
		all = append(all, append(append(key, ':'), p.value...))
	}
	return joined('{', '}', all)
}

func joined(open, end byte, all []json.RawMessage) json.RawMessage {
	out := []byte{open}
	for i, one := range all {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, one...)
	}
	return append(out, end)
}
