package brook

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// CloudEvents is the envelope of the CloudEvents 1.0 Kafka protocol binding. It writes binary mode:
// attributes in ce_… headers, the payload alone in the value. It reads binary and structured mode, the latter
// in the JSON format. The record's key is the event's.
//
// ce_source is the author. Two extension attributes are brook's own: ce_brookcause holds Message.Cause, ce_brooklane
// Message.Lane and Sequence. All other attributes (subject, dataschema, extensions) are headers of their names, ce_subject, in
// Message.Headers: of events in structured mode, too. They can be published by [WithHeader]. Of the required attributes id and
// source may be absent. Payloads are JSON in UTF-8; content-type, where it is there, has to say so.
type CloudEvents struct{}

const (
	jsonContent      = "application/json"
	attributePrefix  = "ce_"
	specVersion      = "1.0"
	contentTypeName  = "content-type"
	cloudEventsMedia = "application/cloudevents"
)

// Wrap writes a record in binary mode.
func (CloudEvents) Wrap(m *Message, r *Record) error {
	r.Value = m.Data
	r.Headers = make([]Header, 0, 8+len(m.Headers))
	add := func(key, value string) { r.Headers = append(r.Headers, Header{key, []byte(value)}) }
	add("ce_specversion", specVersion)
	add("ce_id", m.ID)
	add("ce_source", m.Author)
	add("ce_type", m.Type)
	if !m.Time.IsZero() {
		add("ce_time", m.Time.Format(time.RFC3339Nano))
	}
	add(contentTypeName, jsonContent)
	r.addHeader("ce_brookcause", m.Cause)
	if m.Lane != "" {
		add("ce_brooklane", m.laneText())
	}
	for _, h := range m.Headers {
		if err := checkAttribute(h.Key); err != nil {
			return err
		}
		r.Headers = append(r.Headers, h)
	}
	return nil
}

// checkAttribute says what is wrong with the name of a header that the envelope does not use.
func checkAttribute(key string) error {
	name, is := cutAttribute(key)
	switch {
	case strings.EqualFold(key, contentTypeName):
		return fmt.Errorf("header %q: it belongs to the envelope", key)
	case !is:
		return nil
	}
	switch name {
	case "specversion", "id", "source", "type", "time", "datacontenttype", "data", "brookcause", "brooklane":
		return fmt.Errorf("header %q: it belongs to the envelope", key)
	}
	if name == "" || key != attributePrefix+name || strings.ContainsFunc(name, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }) {
		return fmt.Errorf("header %q: a CloudEvents attribute is named by lower-case letters and digits", key)
	}
	return nil
}

// cutAttribute gives an attribute's name in lower case, and whether a header is one.
func cutAttribute(key string) (name string, is bool) {
	if len(key) < len(attributePrefix) || !strings.EqualFold(key[:len(attributePrefix)], attributePrefix) {
		return "", false
	}
	return strings.ToLower(key[len(attributePrefix):]), true
}

// Open reads a record in binary or structured mode. m.Data is a part of r.Value, but for data that is in base64.
func (c CloudEvents) Open(r *Record, m *Message) error {
	h := attributes{author: m.Author, typ: m.Type} // often those of the message before
	*m = Message{Keyed: true, Data: r.Value}
	for i := range r.Headers {
		if key := r.Headers[i].Key; !h.take(m, key, r.Headers[i].Value) {
			// Kafka's names have a case, those of CloudEvents have none: some bridges change it.
			if name, is := cutAttribute(key); is && h.take(m, attributePrefix+name, r.Headers[i].Value) ||
				strings.EqualFold(key, contentTypeName) && h.take(m, contentTypeName, r.Headers[i].Value) {
				continue
			} else if is {
				m.Headers = append(m.Headers, Header{attributePrefix + name, r.Headers[i].Value})
			} else {
				m.Headers = append(m.Headers, r.Headers[i])
			}
		}
	}
	if structured, err := structuredMode(h.content); err != nil {
		return err
	} else if structured {
		return c.structured(r, m)
	}
	switch {
	case h.version == "":
		return errors.New("no CloudEvent: neither a header ce_specversion nor the content-type application/cloudevents+json")
	case m.Type == "":
		return errors.New("no CloudEvent: the header ce_type is missing or empty")
	case h.version != specVersion:
		return fmt.Errorf("header ce_specversion: %q: only events of version %s can be read", h.version, specVersion)
	}
	if err := checkContent(h.content); err != nil {
		return fmt.Errorf("header content-type: %w", err)
	}
	return h.bad
}

// attributes reads the headers of binary mode.
type attributes struct {
	author, typ      string // guesses
	version, content string
	bad              error
}

// take reads a header into m, and reports whether the envelope uses it.
func (h *attributes) take(m *Message, key string, value []byte) bool {
	switch key {
	case "ce_specversion":
		h.version = same(specVersion, value)
	case "ce_id":
		m.ID = string(value)
	case "ce_source":
		m.Author = same(h.author, value)
	case "ce_type":
		m.Type = same(h.typ, value)
	case "ce_time":
		if err := m.Time.UnmarshalText(value); err != nil {
			h.bad = fmt.Errorf("header ce_time: %w", err)
		}
		m.Time = m.Time.UTC()
	case "ce_brookcause":
		m.Cause = string(value)
	case "ce_brooklane":
		if err := m.setLane(string(value)); err != nil {
			h.bad = fmt.Errorf("header ce_brooklane: %w", err)
		}
	case contentTypeName:
		h.content = same(jsonContent, value)
	default:
		return false
	}
	return true
}

// same gives value as a string, sparing the copy where it is what the message before held.
func same(before string, value []byte) string {
	if before == string(value) {
		return before
	}
	return string(value)
}

// structuredMode reports whether a content-type says that the value holds all of a CloudEvent in the JSON format.
func structuredMode(content string) (bool, error) {
	media, _, _ := strings.Cut(content, ";")
	media = strings.TrimSpace(media)
	if len(media) < len(cloudEventsMedia) || !strings.EqualFold(media[:len(cloudEventsMedia)], cloudEventsMedia) {
		return false, nil
	}
	switch format := strings.ToLower(media[len(cloudEventsMedia):]); {
	case format == "+json":
		if err := checkContent(content); err != nil {
			return true, fmt.Errorf("header content-type: %w", err)
		}
		return true, nil
	case strings.HasPrefix(format, "-batch"):
		return true, fmt.Errorf("header content-type: %q: a record holds one CloudEvent, as its Kafka binding has no batches", content)
	}
	return true, fmt.Errorf("header content-type: %q: of structured CloudEvents only application/cloudevents+json can be read", content)
}

// checkContent wants a media type to be that of JSON in UTF-8; an empty one is.
func checkContent(content string) error {
	if content == "" || content == jsonContent {
		return nil
	}
	media, parameters, _ := strings.Cut(strings.ToLower(content), ";")
	if media = strings.TrimSpace(media); !strings.HasSuffix(media, "/json") && !strings.HasSuffix(media, "+json") {
		return fmt.Errorf("%q: only JSON can be decoded", content)
	}
	for p := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(p, "=")
		if strings.TrimSpace(name) != "charset" {
			continue
		}
		switch strings.Trim(value, " \t\"") {
		case "utf-8", "utf8", "us-ascii":
		default:
			return fmt.Errorf("%q: only JSON in UTF-8 can be decoded", content)
		}
	}
	return nil
}
