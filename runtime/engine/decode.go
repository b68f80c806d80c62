package engine

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/text"
	"github.com/brookgen/brookgen/runtime/key"
)

// Decode decodes the event, and returns nil if that failed, whose reason it notes. What it returns
// is overwritten by the next event: handlers are given a copy. The goroutine that delivers the
// event calls it. It is compiled for each event of each user. Generated code uses it.
//
//go:noinline
func Decode[E any](m *delivery.Delivery, def *brook.EventDef) *brook.Event[E] {
	e, ok := m.Scratch.(*brook.Event[E])
	if !ok {
		e = new(brook.Event[E])
		m.Scratch = e
	}
	if !decode(m, def, &e.Data) {
		return nil
	}
	describe(m, def, &e.ID, &e.Type, &e.Author, &e.Cause, &e.Time, &e.Key, &e.Headers, &e.Position)
	return e
}

// describe copies what is known of an event, whose data is of any type, to where the pointers
// point.
//
//go:noinline
func describe(m *delivery.Delivery, def *brook.EventDef, id, typ, author, cause *string,
	at *time.Time, key *[]byte, headers *[]brook.Header, position *brook.Position,
) {
	*id, *typ, *author, *cause = m.Message.ID, def.Type, m.Message.Author, m.Message.Cause
	*at = m.Message.Time
	*key, *headers = m.Lasting()
	*position = m.Position
}

// decode decodes the event's payload into data, and works out its key.
func decode(m *delivery.Delivery, def *brook.EventDef, data any) bool {
	m.Known = true
	version, err := def.Read(m.Message.Version, m.Message.Data, data)
	if err != nil {
		m.DecodeErr = text.Explain(m.Message.Data, err)
		return false
	}
	m.Message.Version = version
	if def.AppendKey != nil {
		if text.IsNull(m.Message.Data) {
			if m.DecodeErr = withKey(m, def, data); m.DecodeErr != nil {
				return false
			}
		}
		m.Key = def.AppendKey(m.Key[:0], data)
		if m.Bare && (m.Record.Key == nil ||
			!delivery.KeyMatches(def.Info(), m.Key, m.Record.Key)) {
			if m.DecodeErr = keyless(m, def, data); m.DecodeErr != nil {
				return false
			}
		}
	}
	return m.Started(def.Info())
}

// Send has emissions published once the set's changes are committed. One that can't be encoded
// makes the set fail. The goroutine that delivers the event calls it. It is compiled for each event
// that users emit. Generated code uses it.
//
//go:noinline
func Send[E any](m *delivery.Delivery, def *brook.EventDef, emissions ...brook.Emission[E]) {
	m.Tx.Returned()
	for i := range emissions {
		if data, set := emissions[i].Data(); set {
			sent := data // data itself stays off the heap
			send(m, def, &sent)
		}
	}
}

// send has an event published, unless the set failed.
func send(m *delivery.Delivery, def *brook.EventDef, data any) {
	if m.Tx.Failure() != nil {
		return
	}
	var out brook.Outbound
	if brook.Encode(&out, def, data); out.Err != nil {
		m.Tx.Fail(out.Err)
		return
	}
	m.Emit(out)
}

// withKey sets the key that the record has in what a payload that is null decoded to. The event's
// data becomes what such an event would have been published with, so that histories have the key
// too.
func withKey(m *delivery.Delivery, def *brook.EventDef, data any) error {
	encoded, err := m.GivenKey(def.Shape)
	if err != nil {
		return fmt.Errorf("the event has no data, and no key: %w", err)
	}
	if def.ReadKey == nil {
		return errors.New("the event has no data, and the generated code is too old to take " +
			"its key from the record: run go generate")
	}
	r := key.Read(encoded)
	def.ReadKey(&r, data)
	if err := r.End(); err != nil {
		return fmt.Errorf("the event has no data, and no key: %w", err)
	}
	m.Message.Data, err = def.Append(nil, data)
	m.Message.Version = def.Version
	return err
}

// keyless returns what is wrong with a payload that has no key, or nil if it has one.
func keyless(m *delivery.Delivery, def *brook.EventDef, data any) error {
	if !bytes.Equal(keyOfNone(m, def, data), m.Key) {
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

// keyOfNone returns the key of a payload whose fields are zero, or nil if an upcaster refuses such
// a payload. It leaves data as it was: what the event's payload decodes to.
func keyOfNone(m *delivery.Delivery, def *brook.EventDef, data any) []byte {
	var none []byte
	if _, err := def.Read(m.Message.Version, []byte("null"), data); err == nil {
		none = def.AppendKey(nil, data)
	}
	_, _ = def.Read(m.Message.Version, m.Message.Data, data) // it did before
	return none
}
