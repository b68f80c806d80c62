package wire

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
)

// TestSkip compares which texts are JSON with encoding/json's opinion.
func TestSkip(t *testing.T) {
	texts := []string{
		"null", "true", "false", "0", "-0", "-", "1.5e-7", "1e", "1e+", ".1", "1.", "01", "-01",
		"{}", "[]", "[1,[2,{}],\"x\"]", "[1,]", "[", "{", "{\"a\"}", "{\"a\":}",
		"{\"a\":1,}", "{\"a\":1 \"b\":2}", "\"", "\"\\", "\"\\u12\"", "\"\\uD800\"", "\"\n\"",
		"\"a\x7f\xff\"", "", " ", "\t\r\n1\v", "1 2", "nul", "nulll", "\"aaaaaaa\x01aaaaaaa\"",
		strings.Repeat("[", 10000) + strings.Repeat("]", 10000),
		strings.Repeat("[", 10001) + strings.Repeat("]", 10001), "\"0123456\\\"89abcdef\\\\\"",
		"[true,false,nul]",
	}
	for _, text := range texts {
		d := NewDecoder([]byte(text))
		d.Skip()
		if err := d.Finish(); (err == nil) != json.Valid([]byte(text)) {
			t.Errorf("%.40q: %v", text, err)
		}
	}
}

// TestPlain stops at every byte that matters, at every distance.
func TestPlain(t *testing.T) {
	for before := range 20 {
		for c := range 256 {
			text := []byte(strings.Repeat("a", before) + string([]byte{byte(c)}) + "bbbbbbbbbbbb")
			n, high := plain(text)
			want := len(text)
			if c < ' ' || c == '"' || c == '\\' {
				want = before
			}
			if n != want || high != (c >= 0x80) {
				t.Fatalf("%q: %d, %v", text, n, high)
			}
			quoted := string(appendString([]byte("x"), string(text)))
			if want := "x" + marshalled(t, string(text)); quoted != want {
				t.Fatalf("%q: became %s, not %s", text, quoted, want)
			}
		}
	}
}

// TestAfterMistake finds nothing more once something was wrong.
func TestAfterMistake(t *testing.T) {
	d := NewDecoder([]byte(`{"a":1,"b":"x"}`))
	names := []string{"a", "b"}
	if i := d.Object(names); i != 0 {
		t.Fatal(i)
	}
	var s string
	d.String(&s)
	if i := d.Next(names, 0); i != -1 {
		t.Error(i)
	}
	if _, ok := d.JSON(); ok {
		t.Error("a value after the end")
	}
	var e *Error
	if err := d.Finish(); !errors.As(err, &e) || e.Path != "a" || e.Offset != 5 ||
		e.Expected != "a string" {
		t.Error(err)
	}
}

// TestMatch finds names as encoding/json does: exactly, else by folding.
func TestMatch(t *testing.T) {
	names := []string{"id", "ID", "user_id", "K"}
	for key, want := range map[string]int{"id": 0, "ID": 1, "Id": 0, "USER_ID": 2, "user-id": -1,
		"USER\x7fID": -1, "k": 3, "\u212a": 3, "": -1, "i": -1} {
		for from := range len(names) + 1 {
			if got := match(names, []byte(key), from, false); got != want {
				t.Errorf("%q from %d: %d", key, from, got)
			}
		}
	}
	if got := match([]string{"ſize"}, []byte("SIZE"), 0, true); got != 0 {
		t.Error(got)
	}
}

// TestInteger goes to the edges of each size.
func TestInteger(t *testing.T) {
	for _, text := range []string{
		"127", "128", "-128", "-129", "32767", "32768", "2147483647", "2147483648",
		"9223372036854775807", "9223372036854775808", "-9223372036854775808",
		"-9223372036854775809",
		"255", "256", "18446744073709551615", "18446744073709551616", "-0", "0", "00", "1.0", "1e0",
		"-", "-1", "99999999999999999999999",
	} {
		same(t, text, (*Decoder).Int8)
		same(t, text, (*Decoder).Int16)
		same(t, text, (*Decoder).Int32)
		same(t, text, (*Decoder).Int64)
		same(t, text, (*Decoder).Int)
		same(t, text, (*Decoder).Uint8)
		same(t, text, (*Decoder).Uint16)
		same(t, text, (*Decoder).Uint32)
		same(t, text, (*Decoder).Uint64)
		same(t, text, (*Decoder).Uint)
		same(t, text, (*Decoder).Uintptr)
		same(t, text, (*Decoder).Float32)
		same(t, text, (*Decoder).Float64)
	}
}

func same[T comparable](t *testing.T, text string, decode func(*Decoder, *T)) {
	t.Helper()
	var got, want T
	wantErr := json.Unmarshal([]byte(text), &want)
	d := NewDecoder([]byte(text))
	decode(d, &got)
	if err := d.Finish(); (err == nil) != (wantErr == nil) || err == nil && got != want {
		t.Errorf("%s as %T: %v, %v; want %v, %v", text, got, got, err, want, wantErr)
	}
}

// TestFloatRoundTrip encodes and decodes numbers of any bits.
func TestFloatRoundTrip(t *testing.T) {
	for i := range uint64(20000) {
		f := math.Float64frombits(i * 0x9E3779B97F4A7C15)
		if math.IsNaN(f) || math.IsInf(f, 0) {
			continue
		}
		e := NewEncoder(nil)
		e.Float64(f)
		b, err := e.Finish()
		want, _ := json.Marshal(f)
		if err != nil || string(b) != string(want) {
			t.Fatalf("%v: %s, %v", f, b, err)
		}
		d := NewDecoder(b)
		var back float64
		if d.Float64(&back); d.Finish() != nil || back != f {
			t.Fatalf("%v became %v", f, back)
		}
	}
}
