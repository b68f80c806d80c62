// Package text says which texts events may hold, and recognizes payloads that are not the JSON that
// they should be. Package brook and the envelopes use it for what they write and for what their
// errors say. All of it is pure functions, for any goroutine.
package text

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/brookgen/brookgen/runtime/key"
)

// Check returns an error that says why a text can't be an attribute: it has control characters or
// noncharacters, or is not UTF-8.
func Check[T string | []byte](text T) error {
	ascii := true
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == 0x7F {
			return fmt.Errorf("it has the control character %#U", rune(c))
		} else if c >= utf8.RuneSelf {
			ascii = false
		}
	}
	if ascii {
		return nil
	}
	s := string(text)
	if !utf8.ValidString(s) {
		return errors.New("it is no UTF-8")
	}
	for _, r := range s {
		if r >= 0x80 && r <= 0x9F || r >= 0xFDD0 && r <= 0xFDEF || r&0xFFFE == 0xFFFE {
			return fmt.Errorf("it has %U, which is no character of texts", r)
		}
	}
	return nil
}

// Cut returns a text of about max bytes: text itself, or its beginning with a note of its length.
func Cut(text string, max int) string {
	if len(text) <= max {
		return text
	}
	return fmt.Sprintf("%s… (%d bytes)", strings.ToValidUTF8(text[:max], ""), len(text))
}

// Textual reports whether the text of a key can be a JSON string: its strings are UTF-8.
func Textual(shape key.Shape, text []byte) bool {
	return utf8.Valid(text) || !strings.Contains(string(shape), "string")
}
