package codectest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/brookgen/brookgen/runtime/wire"
)

// TestRequired lists every required field that is absent or null.
func TestRequired(t *testing.T) {
	const inner = `{"a":"x","b":[]}`
	tests := []struct {
		text    string
		missing string
	}{
		{`{"id":"1","count":0}`, ""},
		{`{"id":"","count":0,"inner":` + inner + `,"opt":` + inner + `,"list":[` + inner + `]}`,
			""},
		{`{"ID":"1","Count":0,"inner":null,"opt":null,"list":[null]}`, ""},
		{`{}`, "id count"},
		{`null`, "id count"},
		{` null `, "id count"},
		{`{"id":null,"count":1}`, "id"},
		{`{"count":null,"free":"x"}`, "id count"},
		{`{"id":"1","count":1,"inner":{}}`, "inner.a inner.b"},
		{`{"id":"1","opt":{"a":""},"list":[` + inner + `,{"a":null},` + inner + `,{ }]}`,
			"opt.b list[1].a list[1].b list[3].a list[3].b count"},
		{`{"id":"1","count":1,"id":null}`, "id"},
	}
	for _, test := range tests {
		_, err := DecodeRequiredJSON([]byte(test.text))
		var got *wire.Error
		if test.missing == "" {
			if err != nil {
				t.Errorf("%s: %v", test.text, err)
			}
			continue
		}
		if !errors.As(err, &got) || !slices.Equal(got.Missing, strings.Fields(test.missing)) {
			t.Errorf("%s: got %v, want %s", test.text, err, test.missing)
		}
	}
}

// TestRequiredMany bounds what a text full of holes costs.
func TestRequiredMany(t *testing.T) {
	_, err := DecodeRequiredJSON([]byte(`{"list":[` + strings.Repeat(`{},`, 300_000) + `{}]}`))
	var got *wire.Error
	if !errors.As(err, &got) || len(got.Missing) != 100 || got.Missing[99] != "list[49].b" {
		t.Error(err)
	}
}

// TestErrors holds what decoding errors say.
func TestErrors(t *testing.T) {
	tests := []struct{ text, want string }{
		{`{"list":[{"a":"","b":[1,"x"]}]}`, `json: list[0].b[1]: found string "x" at byte 24, expected an integer of the size of int`},
		{`{"id":5}`, `json: id: found number 5 at byte 6, expected a string`},
		{`{"opt":[]}`, `json: opt: found an array at byte 7, expected an object`},
		{`{"id":"a" "count":1}`, `json: id: found string "count" at byte 10, expected , or }`},
		{`{"id":"a",}`, `json: found '}' at byte 10, expected a key`},
		{`{"id":"a"`, `json: id: found the end of the data at byte 9, expected , or }`},
		{`{"id":"a`, `json: id: found the end of the data at byte 8, expected the end of the string`},
		{`{"unknown":{"x y":[01]}}`,
			`json: unknown["x y"][0]: found number 1 at byte 20, expected , or ]`},
		{`{"id":"\x"}`, `json: id: found '\\' at byte 7, expected a valid escape sequence`},
		{`{"count":1.5}`, `json: count: found number 1.5 at byte 9, expected an integer of the size of int`},
		{`{"count":99999999999999999999}`, `json: count: found number 99999999999999999999 at byte 9, expected an integer of the size of int`},
		{`{} {}`, `json: found an object at byte 3, expected the end of the data`},
		{``, `json: found the end of the data at byte 0, expected an object`},
		{`{"count":nil}`, `json: count: found nil at byte 9, expected null`},
	}
	for _, test := range tests {
		_, err := DecodeRequiredJSON([]byte(test.text))
		if err == nil || err.Error() != test.want {
			t.Errorf("%s:\n got %v\nwant %s", test.text, err, test.want)
		}
	}
	_, err := DecodeMarshalersJSON([]byte(`{"holders":{"a b":{"Upper":"bad"}}}`))
	if want := `json: holders["a b"].Upper: bad text (byte 27)`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestRequiredWritten refuses to write what the decoder would refuse, and writes all else.
func TestRequiredWritten(t *testing.T) {
	full := RequiredInner{A: "", B: []int{}}
	tests := []struct {
		what string
		v    Required
		want string
	}{
		{"all that is required", Required{Count: new(int), Inner: full}, ""},
		{"nil pointer", Required{Inner: full},
			"json: count is required, and nil: give it a value, as nobody can read null there"},
		{"zero struct", Required{Count: new(int)},
			"json: inner.b is required, and nil: give it a value, as nobody can read null there"},
		{"behind a pointer", Required{Count: new(int), Inner: full, Opt: &RequiredInner{}},
			"json: opt.b is required, and nil: give it a value, as nobody can read null there"},
		{"in a list", Required{Count: new(int), Inner: full, List: []RequiredInner{full, {}}},
			"json: list[1].b is required, and nil: give it a value, as nobody can read null there"},
	}
	for _, test := range tests {
		dst := []byte("before ")
		for _, buffer := range [][]byte{nil, dst, append(make([]byte, 0, 1000), dst...)} {
			b, err := AppendRequiredJSON(buffer, &test.v)
			if test.want != "" {
				if err == nil || err.Error() != test.want || string(b) != string(buffer) {
					t.Errorf("%s: %q %v", test.what, b, err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", test.what, err)
			} else if _, err := DecodeRequiredJSON(b[len(buffer):]); err != nil {
				t.Errorf("%s: %s: %v", test.what, b, err)
			}
		}
	}
	// What was refused leaves nothing behind for those who use the memory next.
	if _, err := AppendRequiredRowJSON(nil, &RequiredRow{}); err != nil {
		t.Error("a row is written as it is:", err)
	}
}

// TestRequiredLeftOut refuses a required field that omitempty, omitzero or a nil embedded pointer
// leaves out.
func TestRequiredLeftOut(t *testing.T) {
	full := RequiredSparse{Text: "x", Number: 1, RequiredEmbedded: &RequiredEmbedded{Deep: "x"}}
	b, err := AppendRequiredSparseJSON(nil, &full)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := DecodeRequiredSparseJSON(b); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*RequiredSparse){
		"text":      func(v *RequiredSparse) { v.Text = "" },
		"number":    func(v *RequiredSparse) { v.Number = 0 },
		"deep":      func(v *RequiredSparse) { v.RequiredEmbedded = nil },
		"part.text": func(v *RequiredSparse) { v.Part = &RequiredPart{} },
	} {
		v := full
		change(&v)
		_, err := AppendRequiredSparseJSON(nil, &v)
		if want := "json: " + name + " is required, and left out: give it a value"; err == nil ||
			err.Error() != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}
