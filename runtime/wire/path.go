package wire

import (
	"strconv"
	"strings"
	"unicode"
)

// walker finds the paths of places in a text. It runs only once something is wrong, so the decoder
// itself keeps no path.
type walker struct {
	data []byte
	pos  int
	open []level
}

// level is one object or array that a walker is in.
type level struct {
	key   []byte // the last key, with its quotes; nil before the first
	index int
	array bool
}

// pathAt returns the path of what stands at off, which no earlier call went beyond. The text
// is sound up to there.
func (w *walker) pathAt(off int) string {
	for w.pos < off && w.pos < len(w.data) {
		last := len(w.open) - 1
		switch c := w.data[w.pos]; c {
		case '{', '[':
			w.open = append(w.open, level{array: c == '['})
		case '}', ']':
			if last >= 0 {
				w.open = w.open[:last]
			}
		case ',':
			if last >= 0 {
				w.open[last].index++
				w.open[last].key = nil
			}
		case '"':
			n, closed := stringEnd(w.data[w.pos:])
			if !closed || w.pos+n > off {
				return w.path()
			}
			if last >= 0 && !w.open[last].array && w.open[last].key == nil {
				w.open[last].key = w.data[w.pos : w.pos+n]
			}
			w.pos += n - 1
		}
		w.pos++
	}
	return w.path()
}

// parentAt is pathAt, for an object that ends at off.
func (w *walker) parentAt(off int) string {
	w.pathAt(off)
	if n := len(w.open); n > 0 {
		return render(w.open[:n-1])
	}
	return ""
}

func (w *walker) path() string { return render(w.open) }

// render writes a path, of a very deep one only its ends.
func render(open []level) string {
	var b strings.Builder
	for i, l := range open {
		switch {
		case len(open) > 32 && i == 16:
			b.WriteString(".…")
		case len(open) > 32 && i > 16 && i < len(open)-16:
		case l.array:
			b.WriteString("[" + strconv.Itoa(l.index) + "]")
		case l.key != nil:
			writeKey(&b, l.key)
		}
	}
	return b.String()
}

// writeKey writes .key, or ["a key"] if it is not one word.
func writeKey(b *strings.Builder, quoted []byte) {
	key := string(unquote(quoted[1 : len(quoted)-1]))
	if strings.ContainsFunc(key, func(r rune) bool {
		return r != '_' && r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}) || key == "" {
		if len(key) > 64 {
			key = strings.ToValidUTF8(key[:64], "") + "…"
		}
		b.WriteString("[" + strconv.Quote(key) + "]")
		return
	}
	if len(key) > 64 {
		key = strings.ToValidUTF8(key[:64], "") + "…"
	}
	if b.Len() > 0 {
		b.WriteByte('.')
	}
	b.WriteString(key)
}
