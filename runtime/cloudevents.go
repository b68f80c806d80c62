package brook

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// CloudEvents is the envelope of the CloudEvents 1.0 Kafka protocol binding. It writes binary mode:
// attributes in ce_… headers, the payload alone in the value. It reads binary and structured mode. Two
// extension attributes are its own: ce_brookcause holds Message.Cause, ce_brooklane Message.Lane and Sequence.
type CloudEvents struct{}

const jsonContent = "application/json"

// Wrap writes a record in binary mode.
func (CloudEvents) Wrap(m *Message, r *Record) error {
	r.Value = m.Data
	r.Headers = make([]Header, 0, 8+len(m.Headers))
	add := func(key, value string) { r.Headers = append(r.Headers, Header{key, []byte(value)}) }
	add("ce_specversion", "1.0")
	add("ce_id", m.ID)
	add("ce_source", m.Author)
	add("ce_type", m.Type)
	add("ce_time", m.Time.Format(time.RFC3339Nano))
	add("content-type", jsonContent)
	if m.Cause != "" {
		add("ce_brookcause", m.Cause)
	}
	if m.Lane != "" {
		add("ce_brooklane", m.laneText())
	}
	for _, h := range m.Headers {
		if strings.HasPrefix(h.Key, "ce_") || h.Key == "content-type" {
			return fmt.Errorf("header %q: the names ce_… and content-type belong to the envelope", h.Key)
		}
		r.Headers = append(r.Headers, h)
	}
	return nil
}

// Open reads a record in binary or structured mode.
func (c CloudEvents) Open(r *Record, m *Message) error {
	before := *m // type and author are often those of the message before
	*m = Message{Keyed: true, Data: r.Value}
	var extra []Header
	var bad error
	content, version := "", false
	for i := range r.Headers {
		value := r.Headers[i].Value
		switch r.Headers[i].Key {
		case "ce_specversion":
			version = true
		case "ce_id":
			m.ID = string(value)
		case "ce_source":
			m.Author = same(before.Author, value)
		case "ce_type":
			m.Type = same(before.Type, value)
		case "ce_time":
			if err := m.Time.UnmarshalText(value); err != nil {
				bad = fmt.Errorf("header ce_time: %w", err)
			}
			m.Time = m.Time.UTC()
		case "ce_brookcause":
			m.Cause = string(value)
		case "ce_brooklane":
			if err := m.setLane(string(value)); err != nil {
				bad = fmt.Errorf("header ce_brooklane: %w", err)
			}
		case "content-type":
			content = same(jsonContent, value)
		default:
			extra = append(extra, r.Headers[i])
		}
	}
	m.Headers = extra
	switch media, _, _ := strings.Cut(content, ";"); {
	case strings.TrimSpace(media) == "application/cloudevents+json":
		return c.structured(r, m)
	case !version:
		return errors.New("no CloudEvent: neither a header ce_specversion nor the content-type application/cloudevents+json")
	case m.Type == "":
		return errors.New("no CloudEvent: the header ce_type is missing or empty")
	case content != "" && !strings.Contains(media, "json"):
		return fmt.Errorf("content-type %q: only JSON can be decoded", content)
	}
	return bad
}

// same gives value as a string, sparing the copy where it is what the message before held.
func same(before string, value []byte) string {
	if before == string(value) {
		return before
	}
	return string(value)
}

func (c CloudEvents) structured(r *Record, m *Message) error {
	var event struct {
		SpecVersion string          `json:"specversion"`
		ID          string          `json:"id"`
		Source      string          `json:"source"`
		Type        string          `json:"type"`
		Time        *time.Time      `json:"time"`
		Cause       string          `json:"brookcause"`
		Lane        string          `json:"brooklane"`
		Data        json.RawMessage `json:"data"`
		Base64      *string         `json:"data_base64"`
	}
	if err := json.Unmarshal(r.Value, &event); err != nil {
		return fmt.Errorf("structured CloudEvent: %w", err)
	}
	if event.SpecVersion == "" || event.Type == "" {
		return errors.New("structured CloudEvent: specversion or type is missing")
	}
	m.ID, m.Author, m.Type, m.Cause, m.Data = event.ID, event.Source, event.Type, event.Cause, event.Data
	if event.Time != nil {
		m.Time = event.Time.UTC()
	}
	if event.Base64 != nil {
		data, err := base64.StdEncoding.DecodeString(*event.Base64)
		if err != nil {
			return fmt.Errorf("structured CloudEvent: data_base64: %w", err)
		}
		m.Data = data
	}
	if len(bytes.TrimSpace(m.Data)) == 0 {
		m.Data = []byte("null")
	}
	if event.Lane != "" {
		return m.setLane(event.Lane)
	}
	return nil
}
