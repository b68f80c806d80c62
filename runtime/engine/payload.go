package engine

import (
	"bytes"
	"errors"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/text"
	"github.com/brookgen/brookgen/runtime/key"
)

// withKey returns what a payload that is null decoded to with the key that the record has. The event's data is then what such an event would
// have been published with, so that histories have the key too.
//
//go:noinline
func withKey[E any](m *Delivery, def *brook.EventDef[E], data E) (E, error) {
	encoded, err := m.givenKey(def.Shape)
	if err != nil {
		return data, fmt.Errorf("the event has no data, and no key: %w", err)
	}
	if def.ReadKey == nil {
		return data, errors.New("the event has no data, and the generated code is too old to take its key from the record: run go generate")
	}
	r := key.Read(encoded)
	def.ReadKey(&r, &data)
	if err := r.End(); err != nil {
		return data, fmt.Errorf("the event has no data, and no key: %w", err)
	}
	m.message.Data, err = def.Append(nil, &data)
	return data, err
}

// givenKey returns the key bytes of the event's key as the record has it.
func (m *Delivery) givenKey(shape key.Shape) ([]byte, error) {
	given := m.record.Key
	switch {
	case !m.message.Keyed:
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

// keyless says what is wrong with a payload if it has no key.
//
//go:noinline
func keyless[E any](m *Delivery, def *brook.EventDef[E]) error {
	var none E
	if !bytes.Equal(def.AppendKey(nil, &none), m.key) {
		return nil
	}
	wrapped := text.Wrapper(m.message.Data)
	switch {
	case len(m.record.Key) > 0 && wrapped != "":
		return fmt.Errorf("the record has the key %.100q and its payload has none: it looks like %s", m.record.Key, wrapped)
	case wrapped != "":
		return fmt.Errorf("the payload has no key: it looks like %s", wrapped)
	case len(m.record.Key) > 0:
		return fmt.Errorf("the record has the key %.100q and its payload has none, or a zero one: is it another event than the topic's, or the key's member named otherwise?", m.record.Key)
	}
	return nil
}
