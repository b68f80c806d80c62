package pack

import (
	"encoding/hex"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
)

// written holds what is written of a value, and that it is read back.
func written[T any](t *testing.T, v T, code func(*Coder, *T), want string) {
	t.Helper()
	data, err := Append(nil, &v, code)
	if err != nil || hex.EncodeToString(data) != want {
		t.Errorf("%v is written as %x, %v; want %s", v, data, err, want)
	}
	var got T
	if err := Decode(data, &got, code); err != nil || !reflect.DeepEqual(got, v) {
		t.Errorf("%x is read as %v, %v; want %v", data, got, err, v)
	}
}

// TestBytes holds the format, which is MessagePack's.
func TestBytes(t *testing.T) {
	for n, want := range map[int64]string{
		0: "00", 127: "7f", 128: "cc80", 255: "ccff", 256: "cd0100", 65535: "cdffff",
		65536: "ce00010000", 1 << 32: "cf0000000100000000",
		-1: "ff", -32: "e0", -33: "d0df", -128: "d080", -129: "d1ff7f", -32769: "d2ffff7fff",
		math.MinInt32 - 1: "d3ffffffff7fffffff",
		math.MaxInt64:     "cf7fffffffffffffff", math.MinInt64: "d38000000000000000",
	} {
		written(t, n, (*Coder).Int64, want)
	}
	written(t, math.MaxUint64, (*Coder).Uint64, "cfffffffffffffffff")
	written(t, true, (*Coder).Bool, "c3")
	written(t, false, (*Coder).Bool, "c2")
	written(t, "", (*Coder).String, "a0")
	written(t, "é\xff", (*Coder).String, "a3c3a9ff")
	written(t, strings.Repeat("x", 32), (*Coder).String, "d920"+strings.Repeat("78", 32))
	written(t, strings.Repeat("x", 256), (*Coder).String, "da0100"+strings.Repeat("78", 256))
	written(t, strings.Repeat("x", 65536), (*Coder).String, "db00010000"+
		strings.Repeat("78", 65536))
	written(t, float32(1.5), (*Coder).Float32, "ca3fc00000")
	written(t, -0.1, (*Coder).Float64, "cbbfb999999999999a")
	written(t, []byte(nil), (*Coder).Bytes, "c0")
	written(t, []byte{}, (*Coder).Bytes, "c400")
	written(t, []byte{1, 2}, (*Coder).Bytes, "c4020102")
	written[any](t, map[string]any{"b": []any{1.0, nil, -2.5}, "a": "x", "": false}, (*Coder).Any,
		"83a0c2a161a178a1629301c0cbc004000000000000")
	written(t, ptr(ptr(7)), func(c *Coder, v ***int) {
		Pointer(c, v, func(c *Coder, v **int) { Pointer(c, v, (*Coder).Int) })
	}, "919107")
	written(t, ptr[*int](nil), func(c *Coder, v ***int) {
		Pointer(c, v, func(c *Coder, v **int) { Pointer(c, v, (*Coder).Int) })
	}, "91c0")
	written(t, map[int]string{300: "c", -1: "d", 2: "b"}, func(c *Coder, v *map[int]string) {
		Map(c, v, (*Coder).Int, (*Coder).String)
	}, "8302a162cd012ca163ffa164")
	written(t, make([]bool, 16), func(c *Coder, v *[]bool) {
		Slice(c, v, (*Coder).Bool)
	}, "dc0010"+strings.Repeat("c2", 16))
}

func ptr[T any](v T) *T { return &v }

// TestTimes holds how an instant is written, and with an offset.
func TestTimes(t *testing.T) {
	for at, want := range map[time.Time]string{
		time.Unix(1, 0).UTC():             "d6ff00000001",
		time.Unix(1<<32-1, 0).UTC():       "d6ffffffffff",
		time.Unix(1<<32, 0).UTC():         "d7ff0000000100000000",
		time.Unix(1, 1).UTC():             "d7ff0000000400000001",
		time.Unix(1<<34, 999999999).UTC(): "c70cff3b9ac9ff0000000400000000",
		{}:                                "c70cff00000000fffffff1886e0900",
		time.Unix(1, 0).In(time.FixedZone("", -3600)): "d701fffff1f000000001",
		time.Unix(1,
			1).In(time.FixedZone("", 20700)): "c70c01000050dc0000000400000001",
		time.Date(-5000, 1, 1, 0, 0, 0, 1,
			time.FixedZone("", 1)).Round(0): "d8010000000100000001ffffffccc9d7cdff",
	} {
		written(t, at, (*Coder).Time, want)
	}
	zone := time.FixedZone("Tokyo", 9*3600)
	now := time.Now()
	for at, want := range map[time.Time]time.Time{now: now.Round(0),
		now.In(zone):                      now.In(time.FixedZone("", 9*3600)),
		now.In(time.FixedZone("zero", 0)): now.UTC()} {
		var got time.Time
		data, err := Append(nil, &at, (*Coder).Time)
		if err == nil {
			err = Decode(data, &got, (*Coder).Time)
		}
		if err != nil || !got.Equal(want) ||
			got.Format(time.RFC3339Nano) != want.Format(time.RFC3339Nano) {
			t.Errorf("%v became %v, %v", at, got, err)
		}
	}
	for _, bad := range []string{"d6fe00000001", "d7ffffffffff00000000",
		"c70cff3b9aca000000000400000000", "d60100000001", "c703ff000000", "d5010000"} {
		data, _ := hex.DecodeString(bad)
		if err := Decode(data, new(time.Time), (*Coder).Time); err == nil {
			t.Errorf("%s was read as a time", bad)
		}
	}
}

// TestRanges: a number that does not fit is an error that names its place.
func TestRanges(t *testing.T) {
	for data, decode := range map[string]func([]byte) error{
		"\xcc\x80": func(b []byte) error {
			return Decode(b, new(int8), (*Coder).Int8)
		},
		"\xd1\xff\x7f": func(b []byte) error {
			return Decode(b, new(int8), (*Coder).Int8)
		},
		"\xcd\x01\x00": func(b []byte) error {
			return Decode(b, new(uint8), (*Coder).Uint8)
		},
		"\xff": func(b []byte) error {
			return Decode(b, new(uint64), (*Coder).Uint64)
		},
		"\xcf\x80\x00\x00\x00\x00\x00\x00\x00": func(b []byte) error {
			return Decode(b, new(int64), (*Coder).Int64)
		},
		"\xa1x": func(b []byte) error {
			return Decode(b, new(int), (*Coder).Int)
		},
		"\xcb\x00\x00\x00\x00\x00\x00\x00\x00": func(b []byte) error {
			return Decode(b, new(float32), (*Coder).Float32)
		},
		"\x00\x00":         func(b []byte) error { return Decode(b, new(int), (*Coder).Int) },
		"":                 func(b []byte) error { return Decode(b, new(bool), (*Coder).Bool) },
		"\x92\x01":         func(b []byte) error { return Decode(b, new([2]int), pair) },
		"\x93\x01\x02\x03": func(b []byte) error { return Decode(b, new([2]int), pair) },
	} {
		if err := decode([]byte(data)); err == nil || !strings.Contains(err.Error(), "expected") {
			t.Errorf("%x was read: %v", data, err)
		}
	}
	var v [2]int
	if err := Decode([]byte{codeNil}, &v, pair); err != nil {
		t.Errorf("nil is no zero array: %v", err)
	}
}

func pair(c *Coder, v *[2]int) { Array(c, v[:], (*Coder).Int) }

type failing struct{}

func (failing) MarshalText() ([]byte, error)  { return nil, errors.New("no text") }
func (*failing) UnmarshalText(b []byte) error { return errors.New("no " + string(b)) }

// TestMarshallersFail: their errors are the coder's.
func TestMarshallersFail(t *testing.T) {
	list := func(c *Coder, v *[]failing) { Slice(c, v, Text) }
	if got, err := Append([]byte("x"), &[]failing{{}, {}}, list); err == nil ||
		err.Error() != "pack: no text" || string(got) != "x" {
		t.Errorf("%q, %v", got, err)
	}
	if err := Decode([]byte("\x91\xa3abc"), new([]failing), list); err == nil ||
		err.Error() != "pack: value that ends at byte 5: no abc" {
		t.Error(err)
	}
}

// TestSkip passes over what was written.
func TestSkip(t *testing.T) {
	var v any = map[string]any{"a": []any{1.0, 1e300, "text", strings.Repeat("long", 100), nil,
		true, map[string]any{}}, "b": -5e9}
	data, err := Append(nil, &v, (*Coder).Any)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now()
	if data, err = Append(data, &at, (*Coder).Time); err != nil {
		t.Fatal(err)
	}
	for cut := range len(data) + 1 {
		c := Coder{buf: data[:cut], reading: true}
		c.skip()
		c.skip()
		if ok := c.err == nil && c.pos == len(data); ok != (cut == len(data)) {
			t.Errorf("skipped %d of %d: %v", c.pos, cut, c.err)
		}
	}
}
