package engine

import (
	"bytes"
	"errors"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/text"
	"github.com/brookgen/brookgen/runtime/key"
)

// Decode decodes the event's payload. It returns false if that failed, and notes why. The goroutine
// that delivers the event calls it. Generated code uses it.
func Decode[E any](m *delivery.Delivery, def *brook.EventDef[E]) (e brook.Event[E], ok bool) {
	m.Known = true
	data, err := def.Decode(m.Message.Data)
	if err != nil {
		m.DecodeErr = text.Explain(m.Message.Data, err)
		return e, false
	}
	if def.AppendKey != nil && text.IsNull(m.Message.Data) {
		if data, m.DecodeErr = withKey(m, def, data); m.DecodeErr != nil {
			return e, false
		}
	}
	if def.AppendKey != nil {
		at, ok := m.Scratch.(*E)
		if !ok {
			at = new(E)
			m.Scratch = at
		}
		*at = data
		m.Key = def.AppendKey(m.Key[:0], at)
		if m.Bare && (m.Record.Key == nil ||
			!delivery.KeyMatches(def.Info(), m.Key, m.Record.Key)) {
			if m.DecodeErr = keyless(m, def); m.DecodeErr != nil {
				return e, false
			}
		}
	}
	if !m.Started(def.Info()) {
		return e, false
	}
	return brook.Event[E]{
		ID: m.Message.ID, Type: def.Type, Author: m.Message.Author, Time: m.Message.Time,
		Data: data,
		Key:  m.Record.Key, Headers: m.Message.Headers, Cause: m.Message.Cause, Position: m.Position,
	}, true
}

// Send has emissions published once the set's changes are committed. One that can't be encoded
// makes the set fail. The goroutine that delivers the event calls it. Generated code uses it.
func Send[E any](m *delivery.Delivery, def *brook.EventDef[E], emissions ...brook.Emission[E]) {
	m.Tx.Returned()
	for i := range emissions {
		if _, set := emissions[i].Data(); !set || m.Tx.Failure() != nil {
			continue
		}
		e := delivery.Emission{Set: m.Set}
		brook.Encode(&e.Out, def, emissions[i])
		if e.Out.Err != nil {
			m.Tx.Fail(e.Out.Err)
			return
		}
		for _, other := range m.Emissions {
			if other.Set == m.Set {
				e.Ordinal++
			}
		}
		m.Emissions = append(m.Emissions, e)
	}
}

// withKey returns what a payload that is null decoded to, with the key that the record has. The
// event's data becomes what such an event would have been published with, so that histories have
// the key too.
//
//go:noinline
func withKey[E any](m *delivery.Delivery, def *brook.EventDef[E], data E) (E, error) {
	encoded, err := m.GivenKey(def.Shape)
	if err != nil {
		return data, fmt.Errorf("the event has no data, and no key: %w", err)
	}
	if def.ReadKey == nil {
		return data, errors.New("the event has no data, and the generated code is too old to take " +
			"its key from the record: run go generate")
	}
	r := key.Read(encoded)
	def.ReadKey(&r, &data)
	if err := r.End(); err != nil {
		return data, fmt.Errorf("the event has no data, and no key: %w", err)
	}
	m.Message.Data, err = def.Append(nil, &data)
	return data, err
}

// keyless returns what is wrong with a payload that has no key, or nil if it has one.
//
//go:noinline
func keyless[E any](m *delivery.Delivery, def *brook.EventDef[E]) error {
	var none E
	if !bytes.Equal(def.AppendKey(nil, &none), m.Key) {
		return nil
	}
	wrapped := text.Wrapper(m.Message.Data)
	switch {
	case len(m.Record.Key) > 0 && wrapped != "":
		return fmt.Errorf("the record has the key %.100q and its payload has none: "+
			"it looks like %s", m.Record.Key, wrapped)
	case wrapped != "":
		return fmt.Errorf("the payload has no key: it looks like %s", wrapped)
	case len(m.Record.Key) > 0:
		return fmt.Errorf("the record has the key %.100q and its payload has none, or a zero one: "+
			"is it another event than the topic's, or the key's member named otherwise?", m.Record.Key)
	}
	return nil
}
