package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// extremes are texts of values that show whether another type can hold them.
var extremes = map[string][]string{
	"bool":            {"true", "false"},
	"int8":            {"-128", "127", "0"},
	"int16":           {"-32768", "32767", "0"},
	"int32":           {"-2147483648", "2147483647", "0"},
	"int64":           {"-9223372036854775808", "9223372036854775807", "0"},
	"int":             {"-9223372036854775808", "9223372036854775807", "0"},
	"uint8":           {"255", "128", "0"},
	"uint16":          {"65535", "32768", "0"},
	"uint32":          {"4294967295", "2147483648", "0"},
	"uint64":          {"18446744073709551615", "9223372036854775808", "0"},
	"uint":            {"18446744073709551615", "9223372036854775808", "0"},
	"float32":         {"0.1", "-3.4e38", "0", "1e-45"},
	"float64":         {"0.1", "1e300", "0", "-1e-300", "0.30000000000000004"},
	"string":          {`"a"`, `""`, `"1"`, `"\u2028<"`, `"null"`},
	"[]byte":          {`"YWJj"`, `""`},
	"time.Time":       {`"2001-09-09T01:46:40.000000007Z"`, `"0001-01-01T00:00:00Z"`, `"2020-02-29T23:59:59+05:30"`},
	"json.Number":     {"1e400", "12", "0", "-0.5"},
	"json.RawMessage": {"{}", "[{}]", "1", `"a"`, "true"},
	"any":             {`"a"`, "1.5", "[true]", `{"a":{}}`, "false"},
}

// A sparseness says how many of a hundred fields are left out, or null.
type sparseness struct{ absent, null int }

// value makes a value up, as JSON.
func (a *author) value(t *typ, how sparseness, depth int) string {
	var parts []string
	switch t.kind {
	case "ptr":
		if depth > 4 || a.chance(how.null) {
			return "null"
		}
		return a.value(t.elem, how, depth+1)
	case "slice", "array":
		n := t.n
		if t.kind == "slice" {
			n = a.IntN(4)
			if depth > 4 {
				n = 0
			}
			if a.chance(how.null) {
				return "null"
			}
		}
		for range n {
			parts = append(parts, a.element(t.elem, how, depth+1))
		}
		return "[" + strings.Join(parts, ",") + "]"
	case "map":
		keys := map[string][]string{
			"string": {"a", "", "12"}, "int8": {"-128", "0", "127"}, "int64": {"-9223372036854775808", "7", "300"},
		}[t.key]
		for _, i := range a.Perm(3)[:a.IntN(4)] {
			parts = append(parts, strconv.Quote(keys[i])+":"+a.element(t.elem, how, depth+1))
		}
		return "{" + strings.Join(parts, ",") + "}"
	case "struct":
		for _, f := range t.wireFields() {
			if a.chance(how.absent) && !f.required {
				continue
			}
			text := a.element(f.typ, how, depth+1)
			if f.required && text == "null" {
				text = a.value(f.typ.pointee(), sparseness{}, depth+1)
			}
			if f.quoted && text != "null" {
				text = strconv.Quote(text)
			}
			parts = append(parts, strconv.Quote(f.wire)+":"+text)
		}
		return "{" + strings.Join(parts, ",") + "}"
	}
	texts := extremes[t.kind]
	return texts[a.IntN(len(texts))]
}

func (a *author) element(t *typ, how sparseness, depth int) string {
	if a.chance(how.null) {
		return "null"
	}
	return a.value(t, how, depth)
}

// absent is the value of a field that is not there.
type absent struct{}

func parsedJSON(text string) (v any) {
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		panic(fmt.Sprintf("%s: %v", text, err))
	}
	return v
}

// differs says where what was read of a payload by code for type now is not what the payload holds,
// which code for type was wrote; "" if it is nowhere. Fields that are gone don't count.
func differs(was, now *typ, payload, read any) string {
	was, now = was.pointee(), now.pointee()
	if payload == nil || payload == any(absent{}) {
		return empty(now, read, payload != nil)
	}
	object, isObject := payload.(map[string]any)
	items, isList := payload.([]any)
	switch {
	case was.kind == "struct" && now.kind == "struct" && isObject:
		return differsIn(was, now, object, read)
	case was.elem != nil && now.elem != nil && isObject:
		got, ok := read.(map[string]any)
		if !ok || len(got) != len(object) {
			return fmt.Sprintf(": %v became %v", payload, read)
		}
		for key, v := range object {
			if at := differs(was.elem, now.elem, v, got[key]); at != "" {
				return "{" + key + "}" + at
			}
		}
		return ""
	case was.elem != nil && now.elem != nil && isList:
		got, ok := read.([]any)
		if !ok || len(got) != len(items) {
			return fmt.Sprintf(": %v became %v", payload, read)
		}
		for i, v := range items {
			if at := differs(was.elem, now.elem, v, got[i]); at != "" {
				return fmt.Sprintf("[%d]%s", i, at)
			}
		}
		return ""
	}
	if !reflect.DeepEqual(plainNumbers(payload), plainNumbers(read)) {
		return fmt.Sprintf(": %v became %v", payload, read)
	}
	return ""
}

func differsIn(was, now *typ, payload map[string]any, read any) string {
	got, ok := read.(map[string]any)
	if !ok {
		return fmt.Sprintf(": %v became %v", payload, read)
	}
	old := was.wireFields()
	for _, g := range now.wireFields() {
		var v any = absent{}
		from := g // what is new is not there
		if i := slices.IndexFunc(old, func(f *member) bool { return f.id == g.id }); i >= 0 {
			from = old[i]
			if p, ok := payload[from.wire]; ok {
				v = p
			}
		}
		r, there := got[g.wire]
		switch {
		case !there && !g.omitempty:
			return "." + g.wire + " is missing"
		case !there:
			if !slices.Contains([]string{"<nil>", "{}", "0", "", "false", "[]", "map[]"}, fmt.Sprint(v)) {
				return fmt.Sprintf(".%s: %v is left out", g.wire, v)
			}
			continue
		case v == any(absent{}) && from.preset != "" && from.preset != g.preset:
			return fmt.Sprintf(".%s: what is absent was %s and is %v", g.wire, from.preset, r)
		case v == any(absent{}) && g.preset != "":
			if !reflect.DeepEqual(plainNumbers(r), plainNumbers(parsedJSON(g.preset))) {
				return fmt.Sprintf(".%s: %v is not the default", g.wire, r)
			}
			continue
		}
		if q, ok := v.(string); ok && from.quoted {
			v = json.Number(q)
		}
		if q, ok := r.(string); ok && g.quoted {
			r = json.Number(q)
		}
		if at := differs(from.typ, g.typ, v, r); at != "" {
			return "." + g.wire + at
		}
	}
	return ""
}

// empty says where a value is something although nothing was there to be read. Fields of what is
// absent as a whole have their defaults; those of what is null do not.
func empty(t *typ, read any, presets bool) string {
	switch v := read.(type) {
	case nil:
		return ""
	case map[string]any:
		if t.kind != "struct" {
			break // an empty map is not null
		}
		for _, f := range t.wireFields() {
			r, ok := v[f.wire]
			switch {
			case !ok:
			case presets && f.preset != "":
				if !reflect.DeepEqual(plainNumbers(r), plainNumbers(parsedJSON(f.preset))) {
					return fmt.Sprintf(".%s: %v is not the default", f.wire, r)
				}
			case r != "0" || !f.quoted:
				if at := empty(f.typ.pointee(), r, presets); at != "" {
					return "." + f.wire + at
				}
			}
		}
		return ""
	case []any:
		ok := t.kind == "array" && len(v) == t.n
		for _, r := range v {
			ok = ok && empty(t.elem.pointee(), r, false) == ""
		}
		if ok {
			return ""
		}
	}
	if s := fmt.Sprint(read); s != "0" && s != "" && s != "false" && s != "0001-01-01T00:00:00Z" {
		return fmt.Sprintf(": %v came from nothing", read)
	}
	return ""
}

// plainNumbers returns a value in which numbers are equal if their values are.
func plainNumbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if r, ok := new(big.Rat).SetString(string(v)); ok {
			return "number " + r.String()
		}
	case []any:
		all := []any{}
		for _, part := range v {
			all = append(all, plainNumbers(part))
		}
		return all
	case map[string]any:
		all := map[string]any{}
		for name, part := range v {
			all[name] = plainNumbers(part)
		}
		return all
	}
	return v
}
