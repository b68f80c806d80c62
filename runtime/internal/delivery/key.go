package delivery

import (
	"errors"
	"fmt"

	"github.com/brookgen/brookgen/runtime/internal/text"
	"github.com/brookgen/brookgen/runtime/key"
)

// GivenKey returns the key bytes of the event's key as the record has it.
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
