package brooktest

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/brookgen/brookgen/runtime/key"
)

type (
	word  string
	count int16
	id    [3]byte
	flag  bool
	pair  struct {
		Left  word
		Right count
	}
	everything struct {
		S    word
		B    flag
		I    int
		I8   int8
		I16  count
		I32  int32
		I64  int64
		U    uint
		U8   uint8
		U16  uint16
		U32  uint32
		U64  uint64
		UP   uintptr
		A    id
		Pair pair
	}
)

func TestKeysAreThoseOfTheRuntime(t *testing.T) {
	in := everything{"a\x00b", true, -1, -2, -3, -4, -5, 6, 7, 8, 9, 10, 11, id{1, 2, 3},
		pair{"x", 4}}
	k, err := keyTypeOf(reflect.TypeFor[everything]())
	if err != nil {
		t.Fatal(err)
	}
	got := k.append(nil, reflect.ValueOf(in))
	var want []byte
	want = key.AppendString(want, in.S)
	want = key.AppendBool(want, in.B)
	want = key.AppendInt(want, in.I)
	want = key.AppendInt(want, in.I8)
	want = key.AppendInt(want, in.I16)
	want = key.AppendInt(want, in.I32)
	want = key.AppendInt(want, in.I64)
	want = key.AppendInt(want, in.U)
	want = key.AppendInt(want, in.U8)
	want = key.AppendInt(want, in.U16)
	want = key.AppendInt(want, in.U32)
	want = key.AppendInt(want, in.U64)
	want = key.AppendInt(want, in.UP)
	want = key.AppendBytes(want, in.A[:])
	want = key.AppendString(want, in.Pair.Left)
	want = key.AppendInt(want, in.Pair.Right)
	if !bytes.Equal(got, want) {
		t.Errorf("encoded as\n%x, want\n%x", got, want)
	}
	if got, want := string(k.shape()),
		"string bool int64 int8 int16 int32 int64 uint64 uint8 uint16 uint32 uint64 uint64 bytes3 "+
			"string int16"; got != want {
		t.Errorf("shape %q, want %q", got, want)
	}
	if text, err := k.shape().Text(nil, got); err != nil ||
		!strings.HasSuffix(string(text), "/010203/x/4") {
		t.Errorf("text %q, %v", text, err)
	}
	var out everything
	if err := k.decode(got, reflect.ValueOf(&out).Elem()); err != nil || out != in {
		t.Errorf("decoded as %+v, %v", out, err)
	}
	if n := k.fields[len(k.fields)-1]; n != 2 {
		t.Errorf("the last field has %d parts", n)
	}
}

func TestWhatIsNoKey(t *testing.T) {
	for _, c := range []struct {
		typ  reflect.Type
		want string
	}{
		{reflect.TypeFor[float64](), "float64 can't be a key: keys are strings"},
		{reflect.TypeFor[*string](), "*string can't be a key"},
		{reflect.TypeFor[any](), "interface {} can't be a key"},
		{reflect.TypeFor[[2]int](), "[2]int can't be a key"},
		{reflect.TypeFor[struct{}](), "it has no fields"},
		{reflect.TypeFor[struct{ a int }](), "its field a is unexported"},
		{reflect.TypeFor[struct{ A struct{ B float64 } }](), "B of type float64 can't be a key"},
	} {
		if _, err := keyTypeOf(c.typ); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.typ, err, c.want)
		}
	}
}
