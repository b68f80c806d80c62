package codectest

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
)

// sameEncoding holds an encoding against encoding/json's.
func sameEncoding(t *testing.T, c tested, v any) []byte {
	t.Helper()
	want, wantErr := json.Marshal(v)
	got, err := c.encode(v)
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("%s: encoding %#v:\n got %v\nwant %v", c.name, v, err, wantErr)
	}
	if err == nil && !sameText(got, want) {
		t.Fatalf("%s: encoding %#v:\n got %s\nwant %s", c.name, v, got, want)
	}
	return want
}

// sameDecoding holds a decoding against encoding/json's, and reports whether the text was accepted.
func sameDecoding(t *testing.T, c tested, data []byte) bool {
	t.Helper()
	input := bytes.Clone(data)
	want, wantErr := c.std(data)
	got, err := c.decode(data)
	if !sameVerdict(c, data, err, wantErr) {
		t.Fatalf("%s: decoding %q:\n got %v\nwant %v", c.name, data, err, wantErr)
	}
	if !bytes.Equal(data, input) {
		t.Fatalf("%s: decoding changed %q into %q", c.name, input, data)
	}
	if err != nil {
		_ = err.Error()
		return false
	}
	if wantErr != nil {
		return true
	}
	for i := range data {
		data[i] = 'x' // whatever is shared with the text shows now
	}
	if !sameValue(c, got, want) {
		t.Fatalf("%s: decoding %q:\n got %#v\nwant %#v", c.name, input, got, want)
	}
	copy(data, input)
	return true
}

// TestEncode compares encodings of random values.
func TestEncode(t *testing.T) {
	t.Parallel()
	for _, c := range all {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := newGenerator(1)
			for i := range rounds(2000) {
				g.invalid = i%4 == 0
				v := c.fresh()
				g.fill(reflect.ValueOf(v).Elem(), 3)
				sameEncoding(t, c, v)
			}
		})
	}
}

// TestDecode compares decodings of texts, sound and mutilated.
func TestDecode(t *testing.T) {
	t.Parallel()
	for _, c := range all {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := newGenerator(2)
			accepted, aged := 0, 0
			for range rounds(600) {
				v := c.fresh()
				g.fill(reflect.ValueOf(v).Elem(), 3)
				data, err := json.Marshal(v)
				if err != nil {
					continue
				}
				sameDecoding(t, c, data)
				for range 12 {
					if sameDecoding(t, c, g.mutate(data)) {
						accepted++
					}
				}
				if c.aged {
					for range 12 {
						text := g.age(reflect.TypeOf(v), data)
						if sameDecoding(t, c, text) {
							aged++
						}
						sameDecoding(t, c, g.mutate(text))
					}
				}
			}
			if least := rounds(500); accepted < least || c.aged && aged < least {
				t.Errorf("only %d mutations and %d texts with old names were accepted", accepted, aged)
			}
		})
	}
}

// TestCorpus compares decodings of texts that were thought up.
func TestCorpus(t *testing.T) {
	t.Parallel()
	for _, c := range all {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, text := range corpus(c) {
				sameDecoding(t, c, []byte(text))
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	for i, c := range all {
		for _, text := range corpus(c) {
			if len(text) < 1000 && i%4 == 0 { // enough of them: each is run many times
				f.Add(i, []byte(text))
			}
		}
		g := newGenerator(3)
		for range 5 {
			v := c.fresh()
			g.fill(reflect.ValueOf(v).Elem(), 2)
			if data, err := json.Marshal(v); err == nil {
				f.Add(i, data)
			}
		}
	}
	f.Fuzz(func(t *testing.T, which int, data []byte) {
		sameDecoding(t, all[uint(which)%uint(len(all))], data)
	})
}

func FuzzEncode(f *testing.F) {
	for i := range all {
		f.Add(i, uint64(i), false)
		f.Add(i, uint64(i), true)
	}
	f.Fuzz(func(t *testing.T, which int, seed uint64, invalid bool) {
		c := all[uint(which)%uint(len(all))]
		g := newGenerator(seed)
		g.invalid = invalid
		v := c.fresh()
		g.fill(reflect.ValueOf(v).Elem(), 3)
		sameEncoding(t, c, v)
	})
}
