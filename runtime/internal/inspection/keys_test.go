package inspection

import (
	"bytes"
	"errors"
	"testing"
	"unicode/utf8"

	"github.com/brookgen/brookgen/runtime/inspect"
	"github.com/brookgen/brookgen/runtime/key"
)

// The text of a key is UTF-8, and is read as the key that it is of, whatever the key.
func FuzzKeyText(f *testing.F) {
	for _, s := range []string{"", "a", "hex:00", "\xff", "a/b%", "\x00", "hex:", "%2F"} {
		f.Add(s, s, int64(7))
	}
	f.Fuzz(func(t *testing.T, a, b string, n int64) {
		one := key.AppendString(nil, a)
		three := key.AppendInt(key.AppendString(bytes.Clone(one), b), n)
		four := append(key.AppendBool(nil, n > 0), a+"1234"...)[:5]
		for shape, encoded := range map[key.Shape][]byte{
			"string": one, "string string int64": three, "bool bytes4": four, "bytes4": four[1:],
		} {
			text := keyText(shape, encoded)
			again, err := parseKey(shape, text)
			if err != nil || !bytes.Equal(again, encoded) || !utf8.ValidString(text) {
				t.Errorf("%s %x is %q, and read as %x, %v", shape, encoded, text, again, err)
			}
		}
	})
}

// Whatever somebody passes as a key or a cursor is a key, or a mistake.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "hex:", "hex:0", "hex:00", "hex:6100", "1/2", "x/y/z", "AAAA"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, shape := range []key.Shape{"string", "int8", "string int64", "bytes4", "bool"} {
			encoded, err := parseKey(shape, s)
			if err == nil {
				if n, err := shape.Len(encoded, shape.Parts()); err != nil || n != len(encoded) {
					t.Errorf("%s %q is read as %x", shape, s, encoded)
				}
			} else if !errors.Is(err, inspect.ErrMistaken) {
				t.Errorf("%s %q: %v", shape, s, err)
			}
		}
		if _, err := parseHandle("cursor", s); err != nil && !errors.Is(err, inspect.ErrMistaken) {
			t.Errorf("cursor %q: %v", s, err)
		}
		if _, err := parseDue(s); err != nil && !errors.Is(err, inspect.ErrMistaken) {
			t.Errorf("timer %q: %v", s, err)
		}
	})
}
