package wire

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// members reads an object by Member and Element alone.
func members(d *Decoder) any {
	switch d.Kind() {
	case '{':
		m := map[string]any{}
		for i := 0; ; i++ {
			name, ok := d.Member(i)
			if !ok {
				return m
			}
			m[string(Unquote(name))] = members(d)
		}
	case '[':
		list := []any{}
		for i := 0; d.Element(i); i++ {
			list = append(list, members(d))
		}
		return list
	}
	b, _ := d.JSON()
	return string(b)
}

// reference reads a text in the same way, by encoding/json.
func reference(t *testing.T, text []byte) any {
	switch strings.TrimLeft(string(text), " \t\r\n")[0] {
	case '{':
		var m map[string]json.RawMessage
		if err := json.Unmarshal(text, &m); err != nil {
			t.Fatal(err)
		}
		out := map[string]any{}
		for k, v := range m {
			out[k] = reference(t, v)
		}
		return out
	case '[':
		var list []json.RawMessage
		if err := json.Unmarshal(text, &list); err != nil {
			t.Fatal(err)
		}
		out := []any{}
		for _, v := range list {
			out = append(out, reference(t, v))
		}
		return out
	}
	return strings.Trim(string(text), " \t\r\n")
}

func equal(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, equal)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, equal)
	}
	return a == b
}

func FuzzMember(f *testing.F) {
	for _, text := range []string{`{}`, `{"a":1,"b":[1,{"c":null}],"a":"x"}`,
		` { "a\u0041" : [ ] , "" : {} } `, `[1,]`, `{"a":1,}`, `{,}`, `{"a"}`, `{"a":}`, `[`, `{`,
		`[[],[1 2]]`, `"x"`, `{"a":1}x`, strings.Repeat(`{"a":`, 10001)} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		d := NewDecoder(text)
		got := members(d)
		if err := d.Finish(); (err == nil) != json.Valid(text) {
			t.Fatalf("%q: %v", text, err)
		} else if err != nil {
			return
		}
		if want := reference(t, text); !equal(got, want) {
			t.Errorf("%q is %v, want %v", text, got, want)
		}
	})
}

func TestMillis(t *testing.T) {
	for text, want := range map[string]string{
		"1591619696789":                   "2020-06-08T12:34:56.789Z",
		"1591619696789.9":                 "2020-06-08T12:34:56.789Z",
		"1.591619696789e12":               "2020-06-08T12:34:56.789Z",
		"0":                               "1970-01-01T00:00:00Z",
		"-1":                              "1969-12-31T23:59:59.999Z",
		"253402300799999":                 "9999-12-31T23:59:59.999Z",
		"-62167219200000":                 "0000-01-01T00:00:00Z",
		"null":                            "0001-01-01T00:00:00Z",
		`"2020-06-08T14:34:56.789+02:00"`: "2020-06-08T12:34:56.789Z",
		"253402300800000":                 "",
		"-62167219200001":                 "",
		"1e300":                           "",
		"9223372036854775807":             "",
		"92233720368547758070000":         "",
		`"yesterday"`:                     "",
		`"1591619696789"`:                 "",
		"true":                            "",
		"[1]":                             "",
		"":                                "",
	} {
		var got time.Time
		d := NewDecoder([]byte(text))
		d.Millis(&got)
		err := d.Finish()
		if want == "" {
			if err == nil {
				t.Errorf("%s is taken as %s", text, got)
			}
			continue
		}
		if err != nil || got.Format(time.RFC3339Nano) != want || got.Location() != time.UTC {
			t.Errorf("%s is %s, %v; want %s", text, got, err, want)
		}
	}
}
