package inspection

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/brookgen/brookgen/runtime/inspect"
	"github.com/brookgen/brookgen/runtime/key"
)

// hexed begins a text that stands for bytes in hexadecimal.
const hexed = "hex:"

// maxKey is how long the text of a key, a cursor or an ID may be that somebody passes.
const maxKey = 64 << 10

// textOf returns bytes as text: as they are, or in hexadecimal if they are no UTF-8.
func textOf(b []byte) string {
	if utf8.Valid(b) && !bytes.HasPrefix(b, []byte(hexed)) {
		return string(b)
	}
	return hexed + hex.EncodeToString(b)
}

// keyText returns an encoded key as text that parseKey reads.
func keyText(shape key.Shape, encoded []byte) string {
	text, err := shape.Text(nil, encoded)
	if err != nil || !utf8.Valid(text) || bytes.HasPrefix(text, []byte(hexed)) {
		return hexed + hex.EncodeToString(encoded)
	}
	return string(text)
}

// parseKey returns the encoded key of a text.
func parseKey(shape key.Shape, text string) ([]byte, error) {
	if len(text) > maxKey {
		return nil, fmt.Errorf("%w: a key of %d bytes", inspect.ErrMistaken, len(text))
	}
	digits, ok := strings.CutPrefix(text, hexed)
	if !ok {
		encoded, err := shape.Parse([]byte{}, []byte(text))
		if err != nil {
			why := strings.TrimPrefix(err.Error(), key.ErrCorrupt.Error()+": ")
			return nil, fmt.Errorf("%w: key %.200q: it is to be of the form %s: %s",
				inspect.ErrMistaken, text, strings.ReplaceAll(string(shape), " ", "/"), why)
		}
		return encoded, nil
	}
	encoded, err := hex.DecodeString(digits)
	if err != nil {
		return nil, fmt.Errorf("%w: key %.200q: %w", inspect.ErrMistaken, text, err)
	}
	if n, err := shape.Len(encoded, shape.Parts()); err != nil || n != len(encoded) {
		return nil, fmt.Errorf("%w: key %.200q: it is no encoded key of the form %s",
			inspect.ErrMistaken, text, strings.ReplaceAll(string(shape), " ", "/"))
	}
	return encoded, nil
}

// parseFrom returns where a page begins whose first key has a text: of a key of several parts the
// first ones will do. to is what the keys that begin so are below.
func parseFrom(shape key.Shape, text string) (from, to []byte, err error) {
	parts, n := strings.Fields(string(shape)), strings.Count(text, "/")+1
	if strings.HasPrefix(text, hexed) || n >= len(parts) {
		from, err = parseKey(shape, text)
		return from, key.Successor(from), err
	}
	// One more part makes what comes before it parts of a key, whose slashes are escaped.
	begin := key.Shape(strings.Join(parts[:n], " ") + " bool")
	if from, err = parseKey(begin, text+"/false"); err != nil {
		_, err = parseKey(shape, text) // says what it should be
		return nil, nil, err
	}
	end, err := begin.Len(from, n)
	if err != nil {
		return nil, nil, err
	}
	return from[:end], key.Successor(from[:end]), nil
}

// handle returns the text of a key of a table that nobody looks into: a cursor, or an ID.
func handle(key []byte) string { return base64.RawURLEncoding.EncodeToString(key) }

// parseHandle returns the key of a handle; what says what the handle is.
func parseHandle(what, text string) ([]byte, error) {
	if len(text) > maxKey {
		return nil, fmt.Errorf("%w: %s of %d bytes", inspect.ErrMistaken, what, len(text))
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %s %.100q: %w", inspect.ErrMistaken, what, text, err)
	}
	return b, nil
}
