package brooktest

import (
	"encoding/json"
	"errors"
	"math/big"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
)

type embedded struct{ Inside []int }

// decimal hides its state and has a marshaller.
type decimal struct{ text string }

func (d decimal) MarshalText() ([]byte, error) { return []byte("~" + d.text), nil }
func (d *decimal) UnmarshalText(b []byte) error {
	if string(b) == "~bad" {
		return errors.New("bad decimal")
	}
	d.text = strings.TrimPrefix(string(b), "~")
	return nil
}

type sample struct {
	embedded
	Name   string
	Secret string `json:"-"`
	hidden string
	Nil    []string
	Empty  []string
	Nested map[string][]*int
	Bytes  []byte
	Any    any
	Time   time.Time
	Array  [2][]int
	Price  decimal
	Big    *big.Int
	Raw    json.RawMessage
	URL    url.URL
	Self   *sample
}

func TestClone(t *testing.T) {
	one := 1
	berlin := time.FixedZone("Berlin", 3600)
	in := sample{
		embedded: embedded{[]int{1}}, Name: "n", Secret: "s", hidden: "h", Empty: []string{},
		Nested: map[string][]*int{"a": {&one, nil}}, Bytes: []byte("b"),
		Any:  map[string]any{"n": 1, "l": []any{int64(2), embedded{}}},
		Time: time.Date(2020, 1, 2, 3, 4, 5, 6, berlin), Array: [2][]int{{1}, nil},
		Price: decimal{"9.95"}, Big: big.NewInt(12),
		Raw: json.RawMessage(`{}`), URL: url.URL{Host: "example.org"}, Self: &sample{Name: "inner"},
	}
	want := in
	want.Secret, want.hidden = "", ""
	want.Any = map[string]any{"n": 1.0, "l": []any{2.0, map[string]any{"Inside": nil}}}
	var out sample
	if err := clone(&out, &in); err != nil {
		t.Fatal(err)
	}
	if diff := Diff(out, want); diff != "" {
		t.Error(diff)
	}
	if _, offset := out.Time.Zone(); offset != 3600 || out.Time.Location().String() != "" {
		t.Errorf("zone %v", out.Time.Location())
	}
	in.Inside[0], *in.Nested["a"][0], in.Bytes[0], in.Array[0][0], in.Self.Name, in.Empty = 9, 9,
		'x', 9, "changed", nil
	in.Big.SetInt64(9)
	if out.Inside[0] != 1 || *out.Nested["a"][0] != 1 || out.Bytes[0] != 'b' ||
		out.Array[0][0] != 1 || out.Self.Name != "inner" || out.Big.Int64() != 12 {
		t.Errorf("the copy shares memory: %+v", out)
	}
}

func TestCloneSaysWhatItCanNot(t *testing.T) {
	type cyclic struct{ Next *cyclic }
	loop := &cyclic{}
	loop.Next = loop
	for _, c := range []struct {
		value any
		want  string
	}{
		{struct{ F []func() }{[]func(){nil}}, ".F[0]: func() can't be serialized"},
		{struct{ E error }{errors.New("e")}, ".E: interface error can't be read back"},
		{struct{ P decimal }{decimal{"bad"}}, ".P: bad decimal"},
		{struct{ A any }{func() {}}, ".A: json: unsupported type"},
		{struct{ C *cyclic }{loop}, "a cycle"},
	} {
		v := reflect.ValueOf(c.value)
		err := copyValue(reflect.New(v.Type()).Elem(), v, "", 0)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", v.Type(), err, c.want)
		}
	}
}
