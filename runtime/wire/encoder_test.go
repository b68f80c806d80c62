package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/quick"
	"time"
	"unicode/utf8"
)

// jsonV2 reports whether encoding/json stands on its version 2, as from Go 1.27 on.
var jsonV2 = reflect.TypeFor[json.RawMessage]().Name() != "RawMessage"

// TestString compares string literals with encoding/json's.
func TestString(t *testing.T) {
	check := func(b []byte) bool {
		e := NewEncoder(nil)
		e.String(string(b))
		got, err := e.Finish()
		want, _ := json.Marshal(string(b))
		if jsonV2 && !utf8.Valid(b) {
			// Version 2 writes U+FFFD itself for bytes that are no UTF-8; the escape stays,
			// whatever compiles this.
			want = bytes.ReplaceAll(want, []byte("\ufffd"), []byte(`\ufffd`))
		}
		if err != nil || string(got) != string(want) {
			t.Errorf("%q: %s, want %s", b, got, want)
			return false
		}
		d := NewDecoder(got)
		var s, back string
		d.String(&s)
		_ = json.Unmarshal(got, &back)
		return d.Finish() == nil && s == back
	}
	for c := range 256 {
		check([]byte{byte(c)})
		check([]byte(strings.Repeat("x", c%20) + string(rune(c)) + "\u2028<>"))
	}
	if err := quick.Check(check, nil); err != nil {
		t.Error(err)
	}
}

// TestToolchain holds that the bytes are the same whatever Go compiles this:
// encoding/json's are not.
func TestToolchain(t *testing.T) {
	for _, test := range []struct {
		v    any
		want string
	}{
		{"\xff", `"\ufffd"`},
		{[]any{"\xff"}, `["\ufffd"]`},
		{[]string{"\xff", `\ufffd`, `\\ufffd`, "\n"},
			"[\"\ufffd\",\"\\\\ufffd\",\"\\\\\\\\ufffd\",\"\\n\"]"},
		{map[string]int{"\xff": 1}, "{\"\ufffd\":1}"},
		{json.RawMessage(` {"a" : "\ud800"}`), `{"a":"\ud800"}`},
		{struct{ T time.Time }{}, `{"T":"0001-01-01T00:00:00Z"}`},
	} {
		e := NewEncoder(nil)
		e.Any(test.v)
		if got, err := e.Finish(); err != nil || string(got) != test.want {
			t.Errorf("%#v: %s, %v; want %s", test.v, got, err, test.want)
		}
	}
}

// TestName leaves out the comma of the first field alone.
func TestName(t *testing.T) {
	e := NewEncoder([]byte("{"))
	e.Name(`{"a":`).Int(1)
	e.Name(`,"b":`).Begin()
	e.Next().Name(`"c":`).Null()
	e.Next().NameString(`"d":`, "{")
	e.Next().NameBool(`"e":`, true)
	e.End()
	e.End()
	if b, _ := e.Finish(); string(b) != `{{"a":1,"b":{"c":null,"d":"{","e":true}}` {
		t.Errorf("%s", b)
	}
}

// TestKept: after an error the buffer is as it was before.
func TestKept(t *testing.T) {
	for name, write := range map[string]func(*Encoder){
		"NaN":       func(e *Encoder) { e.Float64(nan()) },
		"infinity":  func(e *Encoder) { e.Float32(float32(1 / zero())) },
		"number":    func(e *Encoder) { e.Number("1x") },
		"method":    func(e *Encoder) { e.Text(nil, errors.New("no")) },
		"not JSON":  func(e *Encoder) { e.JSON([]byte(`{"a":}`), nil) },
		"two":       func(e *Encoder) { e.JSON([]byte(`1 2`), nil) },
		"year":      func(e *Encoder) { e.Time(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)) },
		"any":       func(e *Encoder) { e.Any(map[string]any{"f": func() {}}) },
		"key":       func(e *Encoder) { EncodeMap(e, map[string]int{"a": 1}, badKey, nil) },
		"any cycle": func(e *Encoder) { s := []any{nil}; s[0] = s; e.Any(s) },
	} {
		e := NewEncoder([]byte("before"))
		e.Begin()
		write(e)
		e.End()
		if b, err := e.Finish(); err == nil || string(b) != "before" {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
}

func zero() float64                 { return 0 }
func nan() float64                  { return zero() / zero() }
func badKey(string) (string, error) { return "", errors.New("no") }

// TestCompact compares what marshallers may return with encoding/json's compaction.
func TestCompact(t *testing.T) {
	for _, text := range []string{" { \"a b\" : [ 1 , \"\\\" <&> \u2028\u2029\" , { } ] } ",
		"\t1\n", `"\\"`, `"\\\" "`, "\"\xff\xe2\x80\""} {
		e := NewEncoder(nil)
		e.JSON([]byte(text), nil)
		got, err := e.Finish()
		want, _ := json.Marshal(json.RawMessage(text))
		if err != nil || string(got) != string(want) {
			t.Errorf("%q: %s, %v; want %s", text, got, err, want)
		}
	}
}

// TestAllocations holds that plain values cost nothing, and strings one allocation each.
func TestAllocations(t *testing.T) {
	data, names := []byte(`{"a":"some text","b":12,"c":1.5}`), []string{"a", "b", "c"}
	var s string
	var n int
	var f float64
	decode := func() {
		d := NewDecoder(data)
		for i := d.Object(names); i >= 0; i = d.Next(names, i) {
			switch i {
			case 0:
				d.String(&s)
			case 1:
				d.Int(&n)
			case 2:
				d.Float64(&f)
			}
		}
		if err := d.Finish(); err != nil {
			t.Fatal(err)
		}
	}
	if n := testing.AllocsPerRun(100, decode); n > 1 {
		t.Errorf("decoding allocates %v times", n)
	}
	buf := make([]byte, 0, 100)
	encode := func() {
		e := NewEncoder(buf)
		e.Name(`{"a":`).String(s)
		e.Name(`,"b":`).Int(int64(n))
		e.Name(`,"c":`).Float64(f)
		e.End()
		if _, err := e.Finish(); err != nil {
			t.Fatal(err)
		}
	}
	if n := testing.AllocsPerRun(100, encode); n > 0 {
		t.Errorf("encoding allocates %v times", n)
	}
}
