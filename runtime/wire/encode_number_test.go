package wire

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
)

// TestDecimals writes and reads numbers that have few digits, and those beside them, as
// encoding/json does.
func TestDecimals(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 200_000 {
		n := r.Int64N(int64(powers[1+i%18]))
		f := float64(n) / float64(powers[r.IntN(12)])
		switch i % 4 {
		case 1:
			f = -f
		case 2:
			f = math.Nextafter(f, 1e300)
		}
		e := NewEncoder(nil)
		e.Float64(f)
		b, err := e.Finish()
		want, _ := json.Marshal(f)
		if err != nil || string(b) != string(want) {
			t.Fatalf("%v: %s, %v", f, b, err)
		}
		text := strconv.FormatFloat(f, 'f', r.IntN(12), 64)
		same(t, text, (*Decoder).Float64)
		same(t, text, (*Decoder).Float32)
	}
	for _, text := range []string{"-0", "0", "0.0", "-0.0", "00", "0.", ".5", "1.", "-", "1.e1",
		"0.1e1", "9007199254740993", "9007199254740993.0", "16777217", "16777217.0",
		"0.30000001192092896", "123456789012345678", "1234567890123456789", "0.000000000000000001",
		"1e400", "99999999999999999999999", "1.5x"} {
		same(t, text, (*Decoder).Float64)
		same(t, text, (*Decoder).Float32)
	}
}

// TestAppendInt writes integers around all powers of ten and two.
func TestAppendInt(t *testing.T) {
	check := func(n uint64) {
		if got, want := string(appendUint(nil, n)), strconv.FormatUint(n, 10); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		got, want := string(appendInt([]byte("x"), int64(n))), "x"+strconv.FormatInt(int64(n), 10)
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for _, p := range powers {
		for k := range uint64(5) {
			check(p + k - 2)
			check(-(p + k - 2))
		}
	}
	for shift := range 64 {
		for k := range uint64(5) {
			check(1<<shift + k - 2)
		}
	}
}
