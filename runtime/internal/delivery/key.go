package delivery

import (
	"errors"
	"fmt"

	"github.com/brookgen/brookgen/runtime/internal/schema"

	"github.com/brookgen/brookgen/runtime/internal/text"
	"github.com/brookgen/brookgen/runtime/key"
)

// GivenKey returns the event's key, encoded, as its record has it.
func (d *Delivery) GivenKey(shape key.Shape) ([]byte, error) {
	given := d.Record.Key
	switch {
	case !d.Message.Keyed:
		return nil, errors.New("the key of its record is another one")
	case given == nil:
		return nil, errors.New("its record has none")
	case !text.Textual(shape, given):
		return nil, fmt.Errorf("that of its record, %.100q, is no UTF-8", given)
	}
	encoded, err := shape.Parse(nil, given)
	if err != nil {
		return nil, fmt.Errorf("that of its record can't be one: %w", err)
	}
	return encoded, nil
}

// KeyMatches reports whether a record's key is the text of the event's key, which is given encoded.
func KeyMatches(info schema.Event, encoded, record []byte) bool {
	n := len(record)
	if info.Shape == "string" && len(encoded) == n+2 && string(encoded[:n]) == string(record) {
		return true
	}
	var buf [64]byte
	text, err := info.Shape.Text(buf[:0], encoded)
	return err == nil && string(text) == string(record)
}
