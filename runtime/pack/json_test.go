package pack

import (
	"math"
	"strings"
	"testing"
	"time"
)

// shown is a type with a field of each kind, and what codes it.
type shown struct {
	ok    bool
	n     int8
	u     uint64
	f     float32
	s     string
	blob  []byte
	at    time.Time
	p     *string
	list  []int
	none  []int
	byID  map[int]string
	base  base
	away  *base
	inner struct{ a, b int }
	extra any
	text  string
	json  []byte
	num   string
}

type base struct{ by string }

const shownSchema = `{ok bool,n int8,u uint64,f float32,"s <x>" string,blob []uint8,at time,p *string,` +
	`list []int,none []int,byID map[int]string,~base {by string},~away *{of string},` +
	`inner {a int,b int},extra any,text text,json json,num number}`

func codeShown(c *Coder, v *shown) {
	c.Struct(18)
	c.Bool(&v.ok)
	c.Int8(&v.n)
	c.Uint64(&v.u)
	c.Float32(&v.f)
	c.String(&v.s)
	c.Bytes(&v.blob)
	c.Time(&v.at)
	Pointer(c, &v.p, (*Coder).String)
	Slice(c, &v.list, (*Coder).Int)
	Slice(c, &v.none, (*Coder).Int)
	Map(c, &v.byID, (*Coder).Int, (*Coder).String)
	codeBase(c, &v.base)
	Pointer(c, &v.away, codeBase)
	c.Struct(2)
	c.Int(&v.inner.a)
	c.Int(&v.inner.b)
	c.Any(&v.extra)
	c.String(&v.text)
	c.Bytes(&v.json)
	c.String(&v.num)
}

func codeBase(c *Coder, v *base) {
	c.Struct(1)
	c.String(&v.by)
}

func packed(t *testing.T, v shown) []byte {
	t.Helper()
	data, err := Append(nil, &v, codeShown)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func shownShape(t *testing.T) *Schema {
	t.Helper()
	s, err := ParseSchema(shownSchema)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func full() shown {
	p := "<p>"
	v := shown{
		ok: true, n: -3, u: math.MaxUint64, f: 1.5, s: "\"é", blob: []byte{1, 2},
		at: time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("", 3600)), p: &p, list: []int{1, -2},
		byID: map[int]string{7: "seven"}, base: base{"me"}, away: &base{"you"},
		extra: map[string]any{"k": []any{1.0, nil}}, text: "t", json: []byte(`{"a":1}`), num: "1e3",
	}
	v.inner.a = 4
	return v
}

func TestAppendJSON(t *testing.T) {
	s := shownShape(t)
	for _, c := range []struct {
		name, want string
		value      shown
	}{
		{"full", `{"ok":true,"n":-3,"u":18446744073709551615,"f":1.5,"s <x>":"\"é","blob":"AQI=",` +
			`"at":"2026-01-02T03:04:05.000000006+01:00","p":"<p>","list":[1,-2],"none":null,` +
			`"byID":{"7":"seven"},"by":"me","of":"you","inner":{"a":4,"b":0},"extra":{"k":[1,null]},` +
			`"text":"t","json":{"a":1},"num":1e3}`, full()},
		{"odd", `{"ok":false,"n":0,"u":0,"f":"NaN","s <x>":"","blob":null,"at":"0001-01-01T00:00:00Z",` +
			`"p":null,"list":null,"none":null,"byID":null,"by":"","inner":{"a":0,"b":0},"extra":null,` +
			`"text":"","json":"ew==","num":""}`, shown{f: float32(math.NaN()), json: []byte("{")}},
	} {
		got, err := s.AppendJSON([]byte("x"), packed(t, c.value))
		if err != nil || string(got) != "x"+c.want {
			t.Errorf("%s: %v\n got %s\nwant x%s", c.name, err, got, c.want)
		}
	}
}

func TestDifferences(t *testing.T) {
	s := shownShape(t)
	for want, change := range map[string]func(v *shown){
		"":                     func(*shown) {},
		"n":                    func(v *shown) { v.n = 2 },
		"n s <x> list inner.b": func(v *shown) { v.n, v.s, v.list, v.inner.b = 1, "z", nil, 1 },
		"by":                   func(v *shown) { v.base.by = "other" },
		"of":                   func(v *shown) { v.away = &base{"other"} },
		"away":                 func(v *shown) { v.away = nil },
		"at":                   func(v *shown) { v.at = v.at.UTC() },
		"byID extra":           func(v *shown) { v.byID, v.extra = map[int]string{7: "x"}, nil },
		"p":                    func(v *shown) { v.p = nil },
	} {
		other := full()
		change(&other)
		got, err := s.Differences(packed(t, full()), packed(t, other))
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%v, %v, want %s", got, err, want)
		}
	}
	text, err := ParseSchema("string")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := text.Differences([]byte{0xa1, 'a'}, []byte{0xa1, 'b'}); err != nil ||
		len(got) != 1 || got[0] != "" {
		t.Errorf("strings: %q, %v", got, err)
	}
}

// Damaged values are errors, and leave dst as it was.
func TestShownDamage(t *testing.T) {
	s := shownShape(t)
	data := packed(t, full())
	for n := range data {
		got, err := s.AppendJSON([]byte("x"), data[:n])
		if err == nil || string(got) != "x" {
			t.Fatalf("%d bytes: %s, %v", n, got, err)
		}
		if _, err := s.Differences(data, data[:n]); err == nil {
			t.Fatalf("%d bytes: no error", n)
		}
	}
	if _, err := s.AppendJSON(nil, append(data, 0)); err == nil {
		t.Error("more than a value")
	}
	if _, err := s.Differences(data, append(data, 0)); err == nil {
		t.Error("more than a value")
	}
}

func FuzzAppendJSON(f *testing.F) {
	s, err := ParseSchema(shownSchema)
	if err != nil {
		f.Fatal(err)
	}
	v := full()
	data, err := Append(nil, &v, codeShown)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data, data[:9])
	f.Fuzz(func(t *testing.T, a, b []byte) {
		if _, err := s.AppendJSON(nil, a); err != nil {
			return
		}
		if paths, err := s.Differences(a, a); err != nil || len(paths) > 0 {
			t.Errorf("a value differs from itself: %q, %v", paths, err)
		}
		_, _ = s.Differences(a, b)
	})
}
