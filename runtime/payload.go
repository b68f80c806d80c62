package brook

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/brookgen/brookgen/runtime/key"
	"github.com/brookgen/brookgen/runtime/wire"
)

// withKey returns what a payload that is null decoded to with the key that the record has. The event's data is then what such an event would
// have been published with, so that histories have the key too.
//
//go:noinline
func withKey[E any](m *Delivery, def *EventDef[E], data E) (E, error) {
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
	case !textual(shape, given):
		return nil, fmt.Errorf("that of its record, %.100q, is no UTF-8", given)
	}
	encoded, err := shape.Parse(nil, given)
	if err != nil {
		return nil, fmt.Errorf("that of its record can't be one: %w", err)
	}
	return encoded, nil
}

// textual reports whether a key's text can stand in JSON: whether its strings are UTF-8.
func textual(shape key.Shape, text []byte) bool {
	return utf8.Valid(text) || !strings.Contains(string(shape), "string")
}

// keyless says what is wrong with a payload if it has no key.
//
//go:noinline
func keyless[E any](m *Delivery, def *EventDef[E]) error {
	var none E
	if !bytes.Equal(def.AppendKey(nil, &none), m.key) {
		return nil
	}
	wrapped := wrapper(m.message.Data)
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

// wrapper says what a JSON object looks like that holds a payload, rather than to be one, or "".
func wrapper(data []byte) string {
	var schema, payload, state, op bool
	d := wire.NewDecoder(data)
	for i := 0; ; i++ {
		name, ok := d.Member(i)
		if !ok {
			break
		}
		switch string(wire.Unquote(name)) {
		case "schema":
			schema = true
		case "payload":
			payload = true
		case "before", "after":
			state = true
		case "op":
			op = d.Kind() == '"'
		}
		d.Skip()
	}
	switch {
	case d.Finish() != nil:
	case schema && payload:
		return "what Kafka Connect's JsonConverter wraps around it, {\"schema\":…,\"payload\":…}: set schemas.enable=false there"
	case state && op:
		return "a change of Debezium, {\"before\":…,\"after\":…,\"op\":…}: have its ExtractNewRecordState transformation take out the row"
	}
	return ""
}

// explain adds to an error of reading JSON what the text is instead, if that can be told.
func explain(text []byte, err error) error {
	const magic = 5 // a zero byte and the number of a schema
	if len(text) < magic || text[0] != 0 {
		return err
	}
	what := "so it is Avro or Protobuf, and no JSON"
	if rest := bytes.TrimLeft(text[magic:], " \t\r\n"); len(rest) > 0 && (rest[0] == '{' || rest[0] == '[') {
		what = "and JSON comes after them: write it with a serializer that knows no registry"
	}
	return fmt.Errorf("it begins with the five bytes of a schema registry (schema %d), %s: %w", binary.BigEndian.Uint32(text[1:]), what, err)
}

// isNull reports whether a JSON text is null.
func isNull(data []byte) bool {
	if len(data) == 0 || data[0] > ' ' && data[0] != 'n' {
		return false
	}
	return string(bytes.Trim(data, " \t\r\n")) == "null"
}
