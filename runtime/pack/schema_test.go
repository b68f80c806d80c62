package pack

import (
	"fmt"
	"strings"
	"testing"
)

func TestSchemaIsRead(t *testing.T) {
	s, err := ParseSchema(`{id string,"a name" [4]@1={x *@1,größe any},m map[int8][]uint8,empty {},again @1}`)
	if err != nil {
		t.Fatal(err)
	}
	names := ""
	for _, f := range s.root.fields {
		names += f.name + ";"
	}
	if names != "id;a name;m;empty;again;" || s.root.fields[1].typ.elem != s.root.fields[4].typ ||
		s.root.fields[2].typ.elem.kind != kindBytes {
		t.Errorf("%q of %+v", names, s.root)
	}
	for text, want := range map[string]string{
		"":                                "no name",
		"integer":                         "an unknown type",
		"int int":                         "more than a type",
		"{id}":                            "no  ",
		"{id string":                      "no ,",
		"{id string,}":                    "no name",
		"[]":                              "no name",
		"[x]int":                          "no number",
		"[99999999999999999999]int":       "no number",
		"@1":                              "an unknown number",
		"@1=@1":                           "a number given twice",
		"{a @1=*int,b @1=*int}":           "a number given twice",
		"map[int":                         "no ]",
		strings.Repeat("*", 5000) + "int": "too many levels",
	} {
		if _, err := ParseSchema(text); err == nil || !strings.Contains(err.Error(), want) ||
			len(err.Error()) > 400 {
			t.Errorf("%.40s: %v, want %s", text, err, want)
		}
	}
}

// TestSchemaWithoutEnd: a struct within itself has no zero value, and neither has one that
// is larger than any.
func TestSchemaWithoutEnd(t *testing.T) {
	large := "{x int,y int}"
	for n := range 30 {
		large = fmt.Sprintf("{a @%d=%s,b @%d}", n, large, n)
	}
	for _, text := range []string{"{new @1={a int,b @1}}", "{new @1={a {b {c @1}}}}", "{new " +
		large + "}"} {
		old, err := ParseSchema("{id int}")
		if err != nil {
			t.Fatal(err)
		}
		now, err := ParseSchema(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := NewTranscoder(old, now); err == nil ||
			!strings.Contains(err.Error(), "without end") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// FuzzTranscode takes any schemas and bytes.
func FuzzTranscode(f *testing.F) {
	f.Add("{id int8,tags []string}", "{tags *[]string,id int64,at time}",
		[]byte("\x92\x05\x91\xa1x"))
	f.Add("@1={next *@1,n [2]int}", "@1={n []uint16,next @2=*@2}",
		[]byte("\x92\x91\x92\xc0\x92\x01\x02\x92\x03\x04"))
	f.Add("map[string]float32", "map[string]float64", []byte("\x81\xa1k\xca\x3f\x80\x00\x00"))
	f.Add("[]uint8", "[]int", []byte("\xc4\x02\x01\x02"))
	f.Add("*int", "int", []byte("\xc0"))
	f.Add("{id string,~A *{n int8,~B {x int}}}", "{~C {x int,id string},n *int}",
		[]byte("\x92\xa1k\x91\x92\x05\x91\x06"))
	f.Add("{id string,A {n int}}", "{n int,~B *{id string}}", []byte("\x92\xa1k\x91\x05"))
	f.Fuzz(func(t *testing.T, from, to string, data []byte) {
		old, err := ParseSchema(from)
		if err != nil {
			return
		}
		now, err := ParseSchema(to)
		if err != nil {
			return
		}
		tr, err := NewTranscoder(old, now)
		if err != nil {
			return
		}
		tr.Lost()
		out, err := tr.Append([]byte("x"), data)
		if out[0] != 'x' || err != nil && len(out) != 1 {
			t.Errorf("%q, %v", out, err)
		}
		if err == nil {
			c := Coder{buf: out, pos: 1, reading: true}
			if c.skip(); c.err != nil || c.pos != len(out) {
				t.Errorf("%x became %x, which is no value: %v", data, out[1:], c.err)
			}
		}
	})
}
