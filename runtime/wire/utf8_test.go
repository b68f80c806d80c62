package wire

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestUTF8 writes texts of characters of all lengths, sound and damaged, as encoding/json does.
func TestUTF8(t *testing.T) {
	parts := []string{"a", "bcdefgh", "é", "ß", "\u07ff", "\u0800", "日", "本", "–", "\u2028", "\u2029",
		"\u202a", "\ud7ff", "\ue000", "\uffff", "😀", "\U0010ffff", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf",
		"\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf8", "\xff", "\x80", "\xc3", "\xe3\x81",
		"<", "\"", "\\", "\x01", "&", "\x7f"}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 200_000 {
		var b strings.Builder
		few := 1 + r.IntN(len(parts))
		if i%2 == 0 {
			few = 10 // sound ones, mostly
		}
		for range r.IntN(20) {
			b.WriteString(parts[r.IntN(few)])
		}
		s := b.String()
		got := string(appendString([]byte("x"), s))
		if want := marshalled(t, s); got != "x"+want {
			t.Fatalf("%q became %s, not %s", s, got, want)
		}
	}
}

// marshalled returns what encoding/json before version 2 writes of a text: that writes U+FFFD in
// place of what is no UTF-8, and not its escape.
func marshalled(t *testing.T, text string) string {
	t.Helper()
	out, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	if jsonV2 && !utf8.ValidString(text) {
		out = bytes.ReplaceAll(out, []byte("\ufffd"), []byte(`\ufffd`))
	}
	return string(out)
}
