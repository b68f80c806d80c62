package key_test

import (
	"bytes"
	"cmp"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/brookgen/brookgen/runtime/key"
)

func ints[T key.Integer](t *testing.T, shape key.Shape, values ...T) {
	t.Helper()
	for _, a := range values {
		enc := key.AppendInt(nil, a)
		if got, err := key.DecodeInt[T](enc); err != nil || got != a {
			t.Errorf("%s %v: decoded %v, %v", shape, a, got, err)
		}
		text, err := shape.Text(nil, enc)
		if err != nil {
			t.Errorf("%s %v: %v", shape, a, err)
		}
		if back, err := shape.Parse(nil, text); err != nil || !bytes.Equal(back, enc) {
			t.Errorf("%s %v: text %q parsed as %x, %v, want %x", shape, a, text, back, err, enc)
		}
		for _, b := range values {
			if got, want := bytes.Compare(enc, key.AppendInt(nil, b)), cmp.Compare(a,
				b); got != want {
				t.Errorf("%s: compare(%v, %v) = %d, want %d", shape, a, b, got, want)
			}
		}
	}
}

func TestIntegers(t *testing.T) {
	ints(t, "int64", math.MinInt, -256, -1, 0, 1, 255, 256, math.MaxInt)
	ints[int8](t, "int8", -128, -1, 0, 1, 127)
	ints[int16](t, "int16", math.MinInt16, -1, 0, 1, math.MaxInt16)
	ints[int32](t, "int32", math.MinInt32, -1, 0, 1, math.MaxInt32)
	ints[int64](t, "int64", math.MinInt64, -1, 0, 1, math.MaxInt64)
	ints[uint8](t, "uint8", 0, 1, 127, 128, 255)
	ints[uint16](t, "uint16", 0, 1, math.MaxUint16)
	ints[uint32](t, "uint32", 0, 1, math.MaxUint32)
	ints[uint64](t, "uint64", 0, 1, math.MaxInt64, math.MaxUint64)
}

func TestStringsKeepOrderAndPrefixes(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	alphabet := "\x00\x00\x01\xff\xfeab/%"
	word := func() string {
		var b strings.Builder
		for range rnd.IntN(5) {
			b.WriteByte(alphabet[rnd.IntN(len(alphabet))])
		}
		return b.String()
	}
	const shape = key.Shape("string string")
	for range 20000 {
		a1, a2, b1, b2 := word(), word(), word(), word()
		a := key.AppendString(key.AppendString(nil, a1), a2)
		b := key.AppendString(key.AppendString(nil, b1), b2)
		if got, want := bytes.Compare(a, b), cmp.Or(strings.Compare(a1, b1),
			strings.Compare(a2, b2)); got != want {
			t.Fatalf("compare(%q %q, %q %q) = %d, want %d", a1, a2, b1, b2, got, want)
		}
		first := key.AppendString(nil, b1)
		if got, want := bytes.HasPrefix(a, first), a1 == b1; got != want {
			t.Fatalf("%q %q begins with %q: %v", a1, a2, b1, got)
		}
		if n, err := shape.Len(a, 1); err != nil || n != len(key.AppendString(nil, a1)) {
			t.Fatalf("Len(%q %q, 1) = %d, %v", a1, a2, n, err)
		}
		text, err := shape.Text(nil, a)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := shape.Parse(nil, text); err != nil || !bytes.Equal(back, a) {
			t.Fatalf("%q %q: text %q, parsed %x, %v", a1, a2, text, back, err)
		}
	}
}

func TestShapes(t *testing.T) {
	for _, c := range []struct {
		s, prefix key.Shape
		want      bool
	}{
		{"string", "string", true}, {"string int64", "string", true},
		{"string", "string int64", false},
		{"int64", "int6", false}, {"string", "", false}, {"bytes16", "bytes1", false},
	} {
		if got := c.s.HasPrefix(c.prefix); got != c.want {
			t.Errorf("%q begins with %q: %v", c.s, c.prefix, got)
		}
	}
	enc := key.AppendBool(key.AppendBytes(nil, []byte{1, 2}), true)
	if text, err := key.Shape("bytes2 bool").Text(nil, enc); err != nil ||
		string(text) != "0102/true" {
		t.Errorf("text = %q, %v", text, err)
	}
	if text, err := key.Shape("bytes2").Text(nil, []byte("ab")); err != nil ||
		string(text) != "ab" {
		t.Errorf("text = %q, %v", text, err)
	}
}

func TestCorrupt(t *testing.T) {
	for _, enc := range []string{"", "a", "a\x00", "a\x00\x02", "a\x00\x01b"} {
		if s, err := key.DecodeString[string]([]byte(enc)); !errors.Is(err, key.ErrCorrupt) {
			t.Errorf("DecodeString(%q) = %q, %v", enc, s, err)
		}
	}
	if _, err := key.DecodeInt[int32]([]byte("abc")); !errors.Is(err, key.ErrCorrupt) {
		t.Error(err)
	}
	if _, err := key.DecodeBool[bool]([]byte{2}); !errors.Is(err, key.ErrCorrupt) {
		t.Error(err)
	}
	for _, c := range []struct{ shape, text string }{{"int8", "200"}, {"uint8", "-1"},
		{"bool", "yes"}, {"string string", "a"}, {"bytes2", "a"}, {"odd", "a"}} {
		if _, err := key.Shape(c.shape).Parse(nil, []byte(c.text)); !errors.Is(err,
			key.ErrCorrupt) {
			t.Errorf("%s %q: %v", c.shape, c.text, err)
		}
	}
}

func TestSuccessor(t *testing.T) {
	for in, want := range map[string]string{"a": "b", "a\xff": "b", "\xff\xff": "", "": ""} {
		if got := key.Successor([]byte(in)); string(got) != want {
			t.Errorf("Successor(%q) = %q, want %q", in, got, want)
		}
	}
}
