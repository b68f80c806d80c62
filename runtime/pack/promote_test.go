package pack

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestPromotedFieldsAreMatchedByTheirNames: what embedded structs are called, and which fields they
// hold, does not matter.
func TestPromotedFieldsAreMatchedByTheirNames(t *testing.T) {
	const value = "\x93\xa1k\x92\x05\xa1c\xc3" // k, {5, c}, true
	const flat = "\x94\xa1k\x05\xa1c\xc3"
	for _, c := range []struct{ name, old, now, data, want string }{
		{"renamed", "{id string,~Base {n int,s string},b bool}",
			"{id string,~Meta {n int,s string},b bool}", value, value},
		{"renamed and moved", "{id string,~Base {n int,s string},b bool}",
			"{~Meta {s string,n int},id string,b bool}", value, "\x93\x92\xa1c\x05\xa1k\xc3"},
		{"embedded", "{id string,n int,s string,b bool}",
			"{id string,~Base {n int,s string},b bool}", flat, value},
		{"no longer embedded", "{id string,~Base {n int,s string},b bool}",
			"{id string,n int,s string,b bool}", value, flat},
		{"behind a pointer", "{id string,~Base {n int,s string},b bool}",
			"{id string,~Base *{n int,s string},b bool}", value, "\x93\xa1k\x91\x92\x05\xa1c\xc3"},
		{"no pointer any more", "{id string,~Base *{n int,s string},b bool}",
			"{id string,~Meta {n int,s string},b bool}", "\x93\xa1k\x91\x92\x05\xa1c\xc3", value},
		{"a nil pointer", "{id string,~Base *{n int,s string},b bool}",
			"{id string,~Meta {n int,s string},b bool}", "\x93\xa1k\xc0\xc3",
			"\x93\xa1k\x92\xc0\xc0\xc3"},
		{"a nil pointer renamed", "{id string,~Base *{n int,s string},b bool}",
			"{~Meta *{n int,s string},id string,b bool}", "\x93\xa1k\xc0\xc3", "\x93\xc0\xa1k\xc3"},
		{"two into one", "{~A {id string},~B {n int},b bool}", "{~C {id string,n int,b bool}}",
			"\x93\x91\xa1k\x91\x05\xc3", "\x91\x93\xa1k\x05\xc3"},
		{"deeper", "{id string,n int}", "{~A {~B {~C {n int}}},id string}", "\x92\xa1k\x05",
			"\x92\x91\x91\x91\x05\xa1k"},
		{"new one", "{id string}", "{id string,~A {n int,~B *{s string}}}", "\x91\xa1k",
			"\x92\xa1k\x92\xc0\xc0"},
		{"gone", "{id string,~A {n int}}", "{id string}", "\x92\xa1k\x91\x05", "\x91\xa1k"},
		{"types change too", "{id string,~A {n int8}}", "{id string,n int64,~B {x *int}}",
			"\x92\xa1k\x91\x05", "\x93\xa1k\x05\x91\xc0"},
		{"hidden fields stay with their struct", "{id string,~A {id string,n int}}",
			"{n int,~A {id string},id string}", "\x92\xa1k\x92\xa1h\x05", "\x93\x05\x91\xa1h\xa1k"},
		{"lists of them", "[]{~A {n int}}", "[]{n int}", "\x92\x91\x91\x05\x91\x91\x06",
			"\x92\x91\x05\x91\x06"},
		{"its own end", "@1={~N *@1,n int}", "@1={n int,~N *@1}", "\x92\x91\x92\xc0\x06\x05",
			"\x92\x05\x91\x92\x06\xc0"},

		// Shapes without marks, as they were written before there were any.
		{"of old", "{id string,Base {n int,s string},b bool}",
			"{b bool,id string,~Base {s string,n int}}", value, "\x93\xc3\xa1k\x92\xa1c\x05"},
		{"of old, renamed", "{id string,Base {n int,s string},b bool}",
			"{b bool,id string,~Meta {s string,n int}}", value, "\x93\xc3\xa1k\x92\xa1c\x05"},
		{"of old, no longer embedded", "{id string,Base {n int,s string},b bool}",
			"{id string,n int,s string,b bool}", value, flat},
		{"of old, nested", "{id string,Base {In {n int},s string}}", "{s string,n int,id string}",
			"\x92\xa1k\x92\x91\x05\xa1c", "\x93\xa1c\x05\xa1k"},
		{"of old, a field", "{id string,Base {n int,s string},b bool}", "{id string,n int,b bool}",
			value, "\x93\xa1k\xc0\xc3"},
		{"a field, which is no embedded struct", `{id string,"Base" {n int,s string},b bool}`,
			"{id string,n int,s string,b bool}", value, "\x94\xa1k\xc0\xc0\xc3"},
		{"a field that stays", `{id string,"Base" {n int}}`, `{"Base" {n int},~Meta {n int}}`,
			"\x92\xa1k\x91\x05", "\x92\x91\x05\x91\xc0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr, err := NewTranscoder(parse(t, c.old), parse(t, c.now))
			if err != nil {
				t.Fatal(err)
			}
			if lost := tr.Lost(); lost != "" {
				t.Error(lost)
			}
			got, err := tr.Append([]byte("x"), []byte(c.data))
			if err != nil || string(got) != "x"+c.want {
				t.Errorf("%x, %v, want %x", got[1:], err, c.want)
			}
		})
	}
}

// TestPromotedFieldsThatDoNotFit: an error names the field as it is on the wire.
func TestPromotedFieldsThatDoNotFit(t *testing.T) {
	tr, err := NewTranscoder(parse(t, "{id string,~A {n int64,s string}}"),
		parse(t, "{id string,n int8,~B {s bool}}"))
	if err != nil {
		t.Fatal(err)
	}
	if lost := tr.Lost(); !strings.HasPrefix(lost, "s: stored as string") {
		t.Error(lost)
	}
	for data, want := range map[string]string{
		"\x92\xa1k\x92\xcd\x01\x00\xa1c": "pack: n: stored value 256 is out of range for int8",
		"\x92\xa1k\x91\x05":              "a struct of 2 fields",
		"\x92\xa1k\xc0":                  "a struct of 2 fields",
	} {
		if _, err := tr.Append(nil, []byte(data)); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%x: %v, want %s", data, err, want)
		}
	}
}

// layout spreads fields over embedded structs, some behind pointers.
func layout(r *rand.Rand, fields []string, depth int) string {
	fields = slices.Clone(fields)
	r.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
	var parts []string
	for len(fields) > 0 {
		n := 1 + r.IntN(len(fields))
		if depth == 0 || r.IntN(2) == 0 {
			parts = append(parts, fields[0]+" int")
			fields = fields[1:]
			continue
		}
		pointer := []string{"", "*"}[r.IntN(2)]
		parts = append(parts, fmt.Sprintf("~E%d %s%s", r.IntN(1000), pointer,
			layout(r, fields[:n], depth-1)))
		fields = fields[n:]
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// put writes a value in which each field has its number, and take reads it back.
func put(dst []byte, n *node) []byte {
	dst = appendArrayLen(dst, len(n.fields))
	for _, f := range n.fields {
		switch {
		case !f.embedded:
			v, err := strconv.Atoi(strings.TrimPrefix(f.name, "f"))
			if err != nil {
				panic(err) // the test names its fields itself
			}
			dst = appendInt(dst, int64(v))
		case f.typ.kind == kindPointer:
			dst = put(append(dst, codeFixArray|1), f.typ.elem)
		default:
			dst = put(dst, f.typ)
		}
	}
	return dst
}

func TestLayoutsOfOneWire(t *testing.T) {
	var fields []string
	for i := range 9 {
		fields = append(fields, fmt.Sprint("f", i))
	}
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 2))
		old, now := parse(t, layout(r, fields, 3)), parse(t, layout(r, fields, 3))
		tr, err := NewTranscoder(old, now)
		if err != nil {
			t.Fatal(err)
		}
		got, err := tr.Append(nil, put(nil, old.root))
		if want := put(nil, now.root); err != nil || string(got) != string(want) {
			t.Fatalf("%s became %s: %x, %v, want %x", old, now, got, err, want)
		}
	}
}
