package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
)

// TestSharedStrings reads texts with decoders that are used in turn. What one returned stays as it
// is, whatever comes after it.
func TestSharedStrings(t *testing.T) {
	decode := func(text string) string {
		d := BorrowDecoder([]byte(text))
		var s string
		d.String(&s)
		if err := d.Finish(); err != nil {
			t.Error(err)
		}
		return s
	}
	var wait sync.WaitGroup
	for g := range 4 {
		wait.Go(func() {
			var got, want []string
			for i := range 3000 {
				s := strings.Repeat(fmt.Sprint(g, "-", i, "ü"), i%7)
				want = append(want, s)
				quoted, _ := appendEscapedTest(s, i%2 == 0)
				got = append(got, decode(quoted))
			}
			for i := range want {
				if got[i] != want[i] {
					t.Errorf("%q became %q", want[i], got[i])
					return
				}
			}
		})
	}
	wait.Wait()
}

// appendEscapedTest quotes s, perhaps with an escape.
func appendEscapedTest(s string, escape bool) (string, bool) {
	quoted := `"` + s + `"`
	if escape {
		return strings.Replace(quoted, "-", `\u002d`, 1), true
	}
	return quoted, false
}

// TestSharedBlocks holds what a short string can keep alive, and how many share an allocation.
func TestSharedBlocks(t *testing.T) {
	texts := make([]string, 0, 1000)
	allocs := testing.AllocsPerRun(100, func() {
		texts = texts[:0]
		d := BorrowDecoder([]byte(`["` + strings.Repeat(`abcdefgh","`, 63) + `abcdefgh"]`))
		DecodeSlice(d, &texts, (*Decoder).String)
		if err := d.Finish(); err != nil || len(texts) != 64 {
			t.Fatal(err)
		}
	})
	if allocs > 12 { // 4 blocks, and what the text and the test take
		t.Errorf("%v allocations for 64 strings of 8 bytes", allocs)
	}
	s := new(shared)
	d := Decoder{shared: s}
	for range 100 {
		d.text([]byte("0123456789012345"))
		if s.strings.Cap() > blockSize {
			t.Fatalf("a block of %d bytes", s.strings.Cap())
		}
	}
	long := strings.Repeat("x", maxShort+1)
	before := s.strings.Len()
	if d.text([]byte(long)) != long || s.strings.Len() != before {
		t.Error("a long string is in a block")
	}
}

// TestBorrowedAfterMistake uses a decoder again after a mistake, and an encoder.
func TestBorrowedAfterMistake(t *testing.T) {
	for i := range 100 {
		var s string
		d := BorrowDecoder([]byte(`[[[{"a":"`))
		d.String(&s)
		if d.Finish() == nil {
			t.Fatal("no error")
		}
		d = BorrowDecoder([]byte(`"x"`))
		d.String(&s)
		if err := d.Finish(); err != nil || s != "x" {
			t.Fatal(s, err)
		}
		e := BorrowEncoder(nil)
		EncodeMap(e, map[string]any{"a": 1.0, "b": func() {}, "c": 2}, FormatString, encodeAny)
		if b, err := e.Finish(); err == nil || b != nil {
			t.Fatalf("%s, %v", b, err)
		}
		e = BorrowEncoder(append(make([]byte, 0, i), "y"...))
		if e.Int(12); e.err != nil {
			t.Fatal(e.err)
		}
		if b, err := e.Finish(); err != nil || string(b) != "y12" {
			t.Fatalf("%s, %v", b, err)
		}
		e = BorrowEncoder([]byte("x"))
		EncodeMap(e, map[string]any{"a": map[string]any{"d": 1, "c": nil}, "B": []any{}}, FormatString,
			encodeAny)
		if b, err := e.Finish(); err != nil || string(b) != `x{"B":[],"a":{"c":null,"d":1}}` {
			t.Fatalf("%s, %v", b, err)
		}
	}
}

// TestScratchForgets bounds what a large value leaves behind.
func TestScratchForgets(t *testing.T) {
	s := borrow()
	e := &s.encoder
	e.buf, s.text = make([]byte, maxScratch+1), make([]byte, maxScratch+1)
	e.dst, e.err, e.depth = []byte("x"), errors.New("x"), 3
	s.members = make([]entry, 3)
	s.members[0].name = "kept"
	members := s.members
	s.giveBack(e)
	if e.buf != nil || s.text != nil || members[0].name != "" {
		t.Error("it keeps what was large, or names")
	}
	if e.dst != nil || e.err != nil || e.depth != 0 || !e.away {
		t.Errorf("the next one begins with %+v", e)
	}
	d := new(shared)
	d.buf = make([]byte, maxScratch+1)
	if d.giveBack(); d.buf != nil {
		t.Error("it keeps what was large")
	}
}

// TestLiterals decodes strings with escapes, sound and wrong, as encoding/json does, with decoders
// of both kinds.
func TestLiterals(t *testing.T) {
	parts := []string{"a", "bcdefghijkl", "ü", "日本", "😀", `\n`, `\"`, `\\`, `\/`, `\u00e9`,
		`\ud83d\ude00`, `\ud83d`, `\udE00x`, "\xff", "\x7f", `\u12`, `\x`, `\`, "\n", `"`, `\ud83d\u12`}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 100_000 {
		var b strings.Builder
		sound := 15 + i%2*(len(parts)-15)
		for range r.IntN(8) {
			b.WriteString(parts[r.IntN(sound)])
		}
		text := `["` + b.String() + `","x"]`[:3+r.IntN(4)]
		var want []string
		wantErr := json.Unmarshal([]byte(text), &want)
		for _, d := range []*Decoder{NewDecoder([]byte(text)), BorrowDecoder([]byte(text))} {
			var got []string
			DecodeSlice(d, &got, (*Decoder).String)
			err := d.Finish()
			if (err == nil) != (wantErr == nil) || err == nil && !slices.Equal(got, want) {
				t.Fatalf("%s: %q, %v; want %q, %v", text, got, err, want, wantErr)
			}
		}
	}
}
