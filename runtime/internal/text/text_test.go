package text_test

import (
	"testing"

	"github.com/brookgen/brookgen/runtime/internal/text"
	"github.com/brookgen/brookgen/runtime/key"
)

func TestCheck(t *testing.T) {
	for s, want := range map[string]string{
		"":             "",
		"plain ~ text": "",
		"größe 語 🙂":    "",
		"\u00a0":       "",
		"\ufdcf\ufdf0": "",
		"\U0010fffd":   "",
		"a\x00":        "it has the control character U+0000",
		"a\tb":         "it has the control character U+0009",
		"\x1f":         "it has the control character U+001F",
		"ü\x7f":        "it has the control character U+007F",
		"a\xff":        "it is no UTF-8",
		"\xc3":         "it is no UTF-8",
		"\xed\xa0\x80": "it is no UTF-8", // half a surrogate pair
		"\u0080":       "it has U+0080, which is no character of texts",
		"\u009f":       "it has U+009F, which is no character of texts",
		"\ufdd0":       "it has U+FDD0, which is no character of texts",
		"\ufdef":       "it has U+FDEF, which is no character of texts",
		"\ufffe":       "it has U+FFFE, which is no character of texts",
		"\U0001ffff":   "it has U+1FFFF, which is no character of texts",
	} {
		for kind, err := range map[string]error{"string": text.Check(s),
			"bytes": text.Check([]byte(s))} {
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != want {
				t.Errorf("%q as %s: %q, want %q", s, kind, got, want)
			}
		}
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		text string
		max  int
		want string
	}{
		{"", 0, ""},
		{"abc", 3, "abc"},
		{"abcd", 3, "abc… (4 bytes)"},
		{"abü", 3, "ab… (4 bytes)"}, // not half a character
		{"x", 0, "… (1 bytes)"},
	} {
		if got := text.Cut(c.text, c.max); got != c.want {
			t.Errorf("%q cut to %d is %q, want %q", c.text, c.max, got, c.want)
		}
	}
}

func TestTextual(t *testing.T) {
	for _, c := range []struct {
		shape key.Shape
		text  string
		want  bool
	}{
		{"string", "ü", true},
		{"string", "\xff", false},
		{"int64 string", "1/\xff", false},
		{"int64", "12", true},
		{"[2]byte", "\xff\xfe", true}, // of bytes, texts are not made of them
	} {
		if got := text.Textual(c.shape, []byte(c.text)); got != c.want {
			t.Errorf("%q of shape %s: %v", c.text, c.shape, got)
		}
	}
}
