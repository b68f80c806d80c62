// Package text says what texts of events may hold, and what a payload looks like that is none.
package text

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// checkText says why a text can't be an attribute: it is no UTF-8, or has control characters.
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

// Cut shortens a text to about max bytes.
func Cut(text string, max int) string {
	if len(text) <= max {
		return text
	}
	return fmt.Sprintf("%s… (%d bytes)", strings.ToValidUTF8(text[:max], ""), len(text))
}
