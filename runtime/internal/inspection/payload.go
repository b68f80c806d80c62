package inspection

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"github.com/brookgen/brookgen/runtime/inspect"
)

// shownAlone is how large a payload may be that is shown alone.
const shownAlone = 1 << 20

// payload returns bytes for people, of which at most max are shown. They are masked already.
func payload(b []byte, max int) inspect.Payload {
	p := inspect.Payload{Size: len(b)}
	switch {
	case len(b) == 0:
	case len(b) <= max && json.Valid(b):
		p.JSON = bytes.Clone(b)
	default:
		p.Cut = len(b) > max
		b = b[:min(len(b), max)]
		if p.Cut {
			b = whole(b)
		}
		if utf8.Valid(b) {
			p.Text = string(b)
		} else {
			p.Base64 = bytes.Clone(b)
		}
	}
	return p
}

// whole returns b without the beginning of a character at its end.
func whole(b []byte) []byte {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if r := b[len(b)-n]; utf8.RuneStart(r) {
			if !utf8.FullRune(b[len(b)-n:]) {
				return b[:len(b)-n]
			}
			break
		}
	}
	return b
}
