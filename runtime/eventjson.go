package brook

import (
	"bytes"
	"encoding/json"
	"time"
	"unicode/utf8"
)

// eventJSON is an Event as it stands in JSON.
type eventJSON struct {
	ID        string       `json:"id"`
	Type      string       `json:"type"`
	Author    string       `json:"author,omitempty"`
	Time      time.Time    `json:"time,omitzero"`
	Cause     string       `json:"cause,omitempty"`
	Key       *string      `json:"key,omitempty"`
	KeyBase64 []byte       `json:"key_base64,omitempty"`
	Headers   []headerJSON `json:"headers,omitempty"`
	Position  Position     `json:"position,omitzero"`
	Data      any          `json:"data"`
}

// headerJSON is a Header as it stands in JSON.
type headerJSON struct {
	Key         string `json:"key"`
	Value       string `json:"value,omitempty"`
	ValueBase64 []byte `json:"value_base64,omitempty"`
}

// MarshalJSON returns e as its type describes it.
func (e Event[E]) MarshalJSON() ([]byte, error) {
	j := eventJSON{ID: e.ID, Type: e.Type, Author: e.Author, Time: e.Time, Cause: e.Cause,
		Position: e.Position, Data: &e.Data}
	j.describe(e.Key, e.Headers)
	return appendJSON(&j)
}

// UnmarshalJSON sets e to what MarshalJSON returned. The data is read as encoding/json reads E, so
// the sum type of a history, which is an interface, can't be read. Members that are not known are
// passed over.
func (e *Event[E]) UnmarshalJSON(data []byte) error {
	var read Event[E]
	j := eventJSON{Data: &read.Data}
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	read.ID, read.Type, read.Author, read.Cause = j.ID, j.Type, j.Author, j.Cause
	read.Time, read.Position = j.Time.UTC(), j.Position
	read.Key, read.Headers = j.bytes()
	*e = read
	return nil
}

// describe sets key and headers.
func (j *eventJSON) describe(key []byte, headers []Header) {
	switch text := string(key); {
	case key == nil:
	case utf8.Valid(key):
		j.Key = &text
	default:
		j.KeyBase64 = key
	}
	for _, h := range headers {
		at := headerJSON{Key: h.Key}
		if utf8.Valid(h.Value) {
			at.Value = string(h.Value)
		} else {
			at.ValueBase64 = h.Value
		}
		j.Headers = append(j.Headers, at)
	}
}

// bytes returns key and headers.
func (j *eventJSON) bytes() (key []byte, headers []Header) {
	if key = j.KeyBase64; j.Key != nil {
		key = []byte(*j.Key)
	}
	for _, h := range j.Headers {
		value := h.ValueBase64
		if value == nil {
			value = []byte(h.Value)
		}
		headers = append(headers, Header{h.Key, value})
	}
	return key, headers
}

// appendJSON returns v as JSON with <, > and & as they are: the encoder that asks for it escapes
// them, if it is to.
func appendJSON(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}
