package brook

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/brookgen/brookgen/runtime/wire"
)

// CloudEvents is the envelope of the Kafka protocol binding of CloudEvents 1.0. It writes binary
// mode: attributes in headers ce_…, the payload alone in the value. It reads binary mode, and
// structured mode in the JSON format. The record's key is the event's key.
//
// ce_source is the author. Four extension attributes are brook's own: ce_brookcause holds
// Message.Cause, ce_brooklane Message.Sequence and Lane, ce_brookhash Message.Hash, and
// ce_brookversion Message.Version, of which there is none for payloads without one. All other
// attributes (subject, dataschema, extensions) are in Message.Headers, under the name of their
// header, ce_subject; so are those of events in structured mode. [WithHeader] publishes them. Of
// the required attributes id and source may be absent. An optional one that is null or empty counts
// as absent. An attribute that occurs twice is an error, in either mode. Payloads are JSON in
// UTF-8; if there is a content type, it must say so.
//
// A record in binary mode whose value is null or empty is an event without data, and no tombstone.
// It decodes as JSON null does, to the zero value with the key of the record; so does an event
// whose data is null.
//
// NewApp refuses an author that is no URI-reference of RFC 3986. Publish refuses attributes that
// are no text or have control characters.
//
// The formats: https://github.com/cloudevents/spec, kafka-protocol-binding.md and json-format.md.
type CloudEvents struct{}

var (
	_ Envelope         = CloudEvents{}
	_ AuthorChecker    = CloudEvents{}
	_ TombstoneChecker = CloudEvents{}
)

const (
	attributePrefix = "ce_"
	specVersion     = "1.0"
)

// CheckAuthor returns an error if an author can't be the source of a CloudEvent.
func (CloudEvents) CheckAuthor(author string) error { return checkSource(author) }

// IsTombstone reports whether r, whose value is null, is a tombstone: it has neither ce_specversion
// nor ce_type, so that it is no event in binary mode.
func (CloudEvents) IsTombstone(r *Record) bool {
	for i := range r.Headers {
		name, is := cutAttribute(r.Headers[i].Key)
		if is && (name == "specversion" || name == "type") && len(r.Headers[i].Value) > 0 {
			return false
		}
	}
	return true
}

// Wrap writes a record in binary mode. r shares m.Data and the values of m.Headers.
func (CloudEvents) Wrap(m *Message, r *Record) error {
	if m.Type == "" {
		return errors.New("CloudEvents: the event has no type")
	}
	if err := m.Check(); err != nil {
		return fmt.Errorf("CloudEvents: %w", err)
	}
	r.Value = m.Data
	count, lane := 7+len(m.Headers), ""
	if m.Lane != "" {
		count += 2
		lane = m.laneText()
	}
	version := m.versionText()
	if version != "" {
		count++
	}
	r.Headers = make([]Header, 0, count)
	values := make(headerValues, 0, len(specVersion)+len(m.ID)+len(m.Author)+len(m.Type)+
		len(time.RFC3339Nano)+len(jsonContent)+len(m.Cause)+len(lane)+len(m.Hash)+
		len(version))
	values.add(r, "ce_specversion", specVersion)
	values.add(r, "ce_id", m.ID)
	values.add(r, "ce_source", m.Author)
	values.add(r, "ce_type", m.Type)
	if !m.Time.IsZero() {
		values.addTime(r, "ce_time", m.Time)
	}
	values.add(r, contentTypeName, jsonContent)
	values.add(r, "ce_brookcause", m.Cause)
	if m.Lane != "" {
		values.add(r, "ce_brooklane", lane)
		values.add(r, "ce_brookhash", m.Hash)
	}
	values.add(r, "ce_brookversion", version)
	var there names
	for i := range m.Headers {
		if err := checkAttribute(&m.Headers[i], r.Headers, &there); err != nil {
			return err
		}
		r.Headers = append(r.Headers, m.Headers[i])
	}
	return nil
}

// Open reads a record in binary or structured mode. m.Data shares r.Value, unless the data is in
// base64.
func (c CloudEvents) Open(r *Record, m *Message) error {
	h := attributes{author: m.Author, typ: m.Type} // they are often the same
	*m = Message{Keyed: true, Data: r.Value}
	for i := range r.Headers {
		if key, value := r.Headers[i].Key, r.Headers[i].Value; !h.take(m, key, value) {
			// Names in Kafka have a case, those of CloudEvents have none: some bridges change it.
			if name, is := cutAttribute(key); is && h.take(m, attributePrefix+name, value) ||
				strings.EqualFold(key, contentTypeName) && h.take(m, contentTypeName, value) {
				continue
			} else if is {
				key = attributePrefix + name
				if h.there.have(m.Headers, key) {
					h.again(key)
				}
				m.Headers = append(m.Headers, Header{key, value})
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
	if err := h.check(m); err != nil {
		return err
	}
	if len(r.Value) == 0 {
		m.Data = nullData()
		return h.bad
	}
	if err := checkContent(h.content); err != nil {
		return fmt.Errorf("header content-type: %w", err)
	}
	return h.bad
}

// nullData returns the payload of an event without data.
func nullData() []byte { return []byte("null") }

// attributes is the state of reading the headers of binary mode.
type attributes struct {
	author, typ      string // of the message before, see same
	version, content string
	seen             int   // the attributes that were read, as bits
	there            names // of the headers that the envelope does not use
	bad              error // the first thing that is wrong
	ambiguous        bool  // there are two types
}

// check returns an error unless there is an event, and its type is known.
func (h *attributes) check(m *Message) error {
	switch {
	case h.version == "":
		return errors.New("no CloudEvent: " +
			"neither a header ce_specversion nor the content-type application/cloudevents+json")
	case m.Type == "":
		return errors.New("no CloudEvent: the header ce_type is missing or empty")
	case h.version != specVersion:
		return fmt.Errorf("header ce_specversion: %w", badVersion(h.version))
	case h.ambiguous:
		m.Type = ""
		return h.bad
	}
	return nil
}

// badVersion returns the error of an event of another version of CloudEvents. If there is no such
// version, the type of the event means nothing either.
func badVersion(version string) error {
	err := fmt.Errorf("%.100q: only events of version %s can be read", version, specVersion)
	switch version {
	case "0.1", "0.2", "0.3":
		return err
	}
	return untypedError{err}
}

// untypedError is the error of a record whose event type can't be relied on: the record becomes a
// dead letter, whether or not the app knows that type. Package engine looks for Untyped.
type untypedError struct{ error }

// Unwrap returns the error that it wraps.
func (e untypedError) Unwrap() error { return e.error }

// Untyped returns true.
func (untypedError) Untyped() bool { return true }

// again records that an attribute occurs twice.
func (h *attributes) again(key string) {
	if h.bad == nil {
		h.bad = fmt.Errorf("the header %s occurs twice", key)
	}
}

// attributeOf returns the bit of the attribute that a header is, or 0 if the envelope does not use
// it.
func attributeOf(key string) int {
	switch key {
	case "ce_specversion":
		return sawVersion
	case "ce_id":
		return sawID
	case "ce_source":
		return sawAuthor
	case "ce_type":
		return sawType
	case "ce_time":
		return sawTime
	case "ce_brookcause":
		return sawCause
	case "ce_brooklane":
		return sawLane
	case "ce_brookhash":
		return sawHash
	case "ce_brookversion":
		return sawPayloadVersion
	case contentTypeName:
		return sawContent
	}
	return 0
}

// take reads a header into m, and reports whether the envelope uses it. An empty one counts as
// absent.
func (h *attributes) take(m *Message, key string, value []byte) bool {
	what := attributeOf(key)
	if what == 0 || len(value) == 0 {
		return what != 0
	}
	if h.seen&what != 0 {
		h.again(key)
	}
	switch what {
	case sawVersion:
		h.version = same(specVersion, value)
	case sawID:
		m.ID = string(value)
	case sawAuthor:
		m.Author = same(h.author, value)
	case sawType:
		typ := same(h.typ, value)
		h.ambiguous = h.ambiguous || h.seen&sawType != 0 && typ != m.Type
		m.Type = typ
	case sawTime:
		var err error
		if m.Time, err = wire.ParseTime(value); err != nil {
			h.bad = fmt.Errorf("header ce_time: %w", err)
		}
	case sawCause:
		m.Cause = string(value)
	case sawLane:
		if err := m.setLane(string(value)); err != nil {
			h.bad = fmt.Errorf("header ce_brooklane: %w", err)
		}
	case sawHash:
		m.Hash = string(value)
	case sawPayloadVersion:
		if err := m.setVersion(value); err != nil {
			h.bad = fmt.Errorf("header ce_brookversion: %w", err)
		}
	case sawContent:
		h.content = same(jsonContent, value)
	}
	h.seen |= what
	return true
}
