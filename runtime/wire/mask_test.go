package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestMask(t *testing.T) {
	for _, c := range []struct{ paths, in, want string }{
		{"", `{"a":1}`, `{"a":1}`},
		{"a", `{"a":1,"b":2}`, `{"a":"***","b":2}`},
		{"a", ` { "a" : {"x":[1]} , "b" : 2 } `, ` { "a" : "***" , "b" : 2 } `},
		{"a", `{"a":null,"A":true,"\u0061":"x","b":"a"}`, `{"a":null,"A":"***","\u0061":"***","b":"a"}`},
		{"ſ", `{"S":1,"ſ":2,"s":3,"t":4}`, `{"S":"***","ſ":"***","s":"***","t":4}`},
		{"a", `{"a":1,"a":2}`, `{"a":"***","a":"***"}`},
		{"a.b c", `{"a":{"b":1,"c":2}}`, `{"a":{"b":"***","c":2}}`},
		{"a.b a.c", `{"a":{"b":1,"c":2,"d":3}}`, `{"a":{"b":"***","c":"***","d":3}}`},
		{"a.b", `{"a":[{"b":1}]}`, `{"a":"***"}`},
		{"a.b", `{"a":"b=1"}`, `{"a":"***"}`},
		{"a.b", `{"a":null}`, `{"a":null}`},
		{"a[]", `{"a":[1,null,[2]]}`, `{"a":["***",null,"***"]}`},
		{"a[]", `{"a":{"b":1}}`, `{"a":"***"}`},
		{"a[][].b", `{"a":[[{"b":1},{"c":2}],[]]}`, `{"a":[[{"b":"***"},{"c":2}],[]]}`},
		{"a{}.b", `{"a":{"x":{"b":1,"c":2},"y":{"b":3}}}`, `{"a":{"x":{"b":"***","c":2},"y":{"b":"***"}}}`},
		{"[].a", `[{"a":1},{"b":2}]`, `[{"a":"***"},{"b":2}]`},
		{"{}", `{"x":1,"y":2}`, `{"x":"***","y":"***"}`},
		{".", `{"x":1}`, `"***"`},
		{".", `null`, `null`},
		{`"a.b" "c\"".d`, `{"a.b":1,"c\"":{"d":2},"a":{"b":3}}`, `{"a.b":"***","c\"":{"d":"***"},"a":{"b":3}}`},
		{"name children[]@.", `{"name":"x","children":[{"name":"y","n":1,"children":[{"name":"z"}]}]}`,
			`{"name":"***","children":[{"name":"***","n":1,"children":[{"name":"***"}]}]}`},
		{"home.street work@home", `{"home":{"street":1},"work":{"street":2,"city":3}}`,
			`{"home":{"street":"***"},"work":{"street":"***","city":3}}`},
		{"a@b b@a b.c", `{"a":{"c":1},"b":{"c":2}}`, `{"a":{"c":"***"},"b":{"c":"***"}}`},
		{".=a,b", `{"a":1,"b":2,"c":3,"d":null,"B":{"x":4}}`, `{"a":1,"b":2,"c":"***","d":null,"B":{"x":4}}`},
		{"a .=a,b", `{"a":1,"b":2,"c":[3]}`, `{"a":"***","b":2,"c":"***"}`},
		{".=a,l l[]=n", `{"a":{"z":1},"l":[{"n":2,"m":3},null],"n":4}`, `{"a":{"z":1},"l":[{"n":2,"m":"***"},null],"n":"***"}`},
		{".=a .=b", `{"a":1,"b":2,"c":3}`, `{"a":1,"b":2,"c":"***"}`},
		{".=n,c c@.", `{"n":1,"c":{"n":2,"m":3,"c":{"m":4}}}`, `{"n":1,"c":{"n":2,"m":"***","c":{"m":"***"}}}`},
		{".=m m{}=n", `{"m":{"x":{"n":1,"o":2}}}`, `{"m":{"x":{"n":1,"o":"***"}}}`},
		{".=e e=", `{"e":{"x":1}}`, `{"e":{"x":"***"}}`},
		{`.="a,b",c`, `{"a,b":1,"c":2,"a":3,"b":4}`, `{"a,b":1,"c":2,"a":"***","b":"***"}`},
		{".=a", `["secret"]`, `"***"`},
		{"a", `{"b":1`, `"***"`},
		{"a", `{"b":1} x`, `"***"`},
		{"a", `{"a":"x}`, `"***"`},
		{"a", `{"b":"secret" "a":1}`, `"***"`},
		{"a", ``, `"***"`},
		{"a", "\x00\x01", `"***"`},
		{"a", `"secret"`, `"***"`},
		{"a", `["secret"]`, `"***"`},
	} {
		got := NewMask(strings.Fields(c.paths)).Append([]byte("before "), []byte(c.in))
		if string(got) != "before "+c.want {
			t.Errorf("mask %s of %s: %s, want %s", c.paths, c.in, got[len("before "):], c.want)
		}
	}
}

// A text that is nested too deep is masked, and so is what lies deep in one that is not.
func TestMaskDeep(t *testing.T) {
	m := NewMask([]string{"name", "child@."})
	deep := func(n int) string {
		return strings.Repeat(`{"child":`, n) + `{"name":"x"}` + strings.Repeat("}", n)
	}
	if got := m.Append(nil, []byte(deep(9999))); bytes.Contains(got, []byte(`"x"`)) ||
		!bytes.Contains(got, []byte(`{"name":"***"}`)) {
		t.Errorf("what lies 9999 levels deep is not masked alone")
	}
	if got := m.Append(nil, []byte(deep(10000))); string(got) != Masked {
		t.Errorf("a text that is too deep: %d bytes, want all of it masked", len(got))
	}
}

func TestMaskPaths(t *testing.T) {
	for _, path := range []string{"", "@a", "a.", ".a", "a..b", "a[", "a[0]", `"a`, "a@", "a@b@c", "a]b", "a{x}",
		"=a", ".=a,", ".=,a", ".=a.b", ".=a@b", "a@b=c", "a,b"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("path %q was read", path)
				}
			}()
			NewMask([]string{path})
		}()
	}
}

// person is what FuzzMask decodes: all fields whose names begin with P are pii.
type person struct {
	PName  string
	Age    string
	Inner  inner
	Inners []*inner
	ByName map[string]inner
	PAll   json.RawMessage
	Child  *person
}

type inner struct {
	PStreet []string
	City    string
}

var personMask = NewMask([]string{"PName", "Inner.PStreet", "Inners[]@Inner", "ByName{}@Inner", "PAll",
	"Child@."})

// looser is person with fields for what is masked that take any JSON.
type looser struct {
	PName  any
	Age    string
	Inner  looserInner
	Inners []*looserInner
	ByName map[string]looserInner
	PAll   any
	Child  *looser
}

type looserInner struct {
	PStreet any
	City    string
}

// check reports what is not masked, and what is though it should not.
func (l *looser) check(t *testing.T, p *person) {
	if l == nil || p == nil {
		if (l == nil) != (p == nil) {
			t.Errorf("a child came or went")
		}
		return
	}
	hidden := func(what string, v any) {
		if v != nil && v != "***" {
			t.Errorf("%s is %v", what, v)
		}
	}
	hidden("PName", l.PName)
	hidden("PAll", l.PAll)
	hidden("Inner.PStreet", l.Inner.PStreet)
	if l.Age != p.Age || l.Inner.City != p.Inner.City {
		t.Errorf("%q and %q became %q and %q", p.Age, p.Inner.City, l.Age, l.Inner.City)
	}
	for i, at := range l.Inners {
		if at != nil {
			hidden("Inners[].PStreet", at.PStreet)
			if at.City != p.Inners[i].City {
				t.Errorf("%q became %q", p.Inners[i].City, at.City)
			}
		}
	}
	for name, at := range l.ByName {
		hidden("ByName{}.PStreet", at.PStreet)
		if at.City != p.ByName[name].City {
			t.Errorf("%q became %q", p.ByName[name].City, at.City)
		}
	}
	l.Child.check(t, p.Child)
}

// FuzzMask masks texts that encoding/json decodes, and looks for what should not be there.
func FuzzMask(f *testing.F) {
	for _, seed := range []string{
		`{"PName":"secret","Age":"9","Inner":{"PStreet":["secret"],"City":"x"}}`,
		`{"pname":"a","PNAME":"b","\u0050Name":"c","Inners":[null,{"pstreet":["q"],"city":"y"}]}`,
		`{"ByName":{"x":{"PStreet":["1","2"],"City":"z"},"PName":{}},"PAll":[{"PName":1}]}`,
		`{"Child":{"Child":{"PName":"deep"},"PName":"less"},"child":null}`,
		`{"Inner":{"PStreet":null},"Inner":{"PStreet":["again"]}}`,
		`null`, `"PName"`, `{"PName":"x"`, "\xff", `{"PName":"\ud800","Age":"\u2028"}`,
		`[{"PName":"x"}]`, `{"Inner":["x"]}`, `{"ᴾName":"x","PNaME":"K"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got := personMask.Append(nil, data)
		if !json.Valid(got) && json.Valid(data) {
			t.Fatalf("%s became %s, which is not JSON", data, got)
		}
		var p person
		if err := json.Unmarshal(data, &p); err != nil {
			if !json.Valid(data) && string(got) != Masked {
				t.Fatalf("%q is not JSON and became %q", data, got)
			}
			return
		}
		var l looser
		if err := json.Unmarshal(got, &l); err != nil {
			t.Fatalf("%s became %s: %v", data, got, err)
		}
		l.check(t, &p)
	})
}

// Errors of decoding don't quote what is masked.
func TestMaskError(t *testing.T) {
	m := NewMask([]string{"email", "home.street", "by_name{}.phone", "all"})
	for _, c := range []struct {
		in     string
		decode func(d *Decoder)
		want   string
	}{
		{`{"email":"secret"}`, object("email"), `json: email: found a string at byte 9, expected an integer of the size of int`},
		{`{"email":17.5}`, object("email"), `json: email: found a number at byte 9, expected an integer of the size of int`},
		{`{"cents":"17"}`, object("cents"), `json: cents: found string "17" at byte 9, expected an integer of the size of int`},
		{`{"home":"secret"}`, object("home"), `json: home: found a string at byte 8, expected an integer of the size of int`},
		{`{"cents":"secret" "email":`, func(d *Decoder) { d.Skip() }, `json: cents: found a string at byte 18, expected , or }`},
		{`{"cents":secret}`, func(d *Decoder) { d.Skip() }, `json: cents: found something else at byte 9, expected a value`},
		{`{"all":{"a@b.c":{"x":1}}}`, object("all", "a@b.c", "x", "?"),
			`json: all: found a number at byte 21, expected an object`},
		{`{"by_name":{"bob":{"phone":"1"}}}`, object("by_name", "bob", "phone"),
			`json: by_name.bob.phone: found a string at byte 27, expected an integer of the size of int`},
		{`{"email":"secret"}`, func(d *Decoder) {
			d.Member(0)
			b, _ := d.JSON()
			d.Check(errors.New(string(b) + " is no address"))
		}, `json: email: the value can't be read (what is wrong is not shown, as it is pii) (byte 9)`},
		{`{"cents":"17"}`, func(d *Decoder) {
			d.Member(0)
			b, _ := d.JSON()
			d.Check(errors.New(string(b) + " is no amount"))
		}, `json: cents: "17" is no amount (byte 9)`},
		{`{"all":{"a@b.c":{"x":1}}}`, require("all", "a@b.c"), `json: required but absent or null: all`},
		{`{"home":{"x":1}}`, require("home"), `json: required but absent or null: home.needed`},
	} {
		d := NewDecoder([]byte(c.in))
		c.decode(d)
		e := (*Error)(nil)
		if !errors.As(d.Finish(), &e) {
			t.Errorf("%s was decoded", c.in)
			continue
		}
		before := e.Error()
		if got := m.Error([]byte(c.in), e).Error(); got != c.want {
			t.Errorf("%s: %s\nwant  %s", c.in, got, c.want)
		}
		if e.Error() != before {
			t.Errorf("%s: the error itself became %s", c.in, e)
		}
	}
}

// object enters one object after the other by the names of their first members, and wants an
// integer there.
func object(names ...string) func(d *Decoder) {
	return func(d *Decoder) {
		for range names {
			if _, ok := d.Member(0); !ok {
				return
			}
		}
		var n int
		d.Int(&n)
	}
}

// require enters objects likewise, and wants a member in the last one that is not there.
func require(names ...string) func(d *Decoder) {
	return func(d *Decoder) {
		for range names {
			d.Member(0)
		}
		d.Object([]string{"needed"})
		d.Require([]string{"needed"}, []bool{false}, 0)
		for range names {
			d.Member(1)
		}
	}
}
