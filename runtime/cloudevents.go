package brook

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/brookgen/brookgen/runtime/internal/text"
	"github.com/brookgen/brookgen/runtime/wire"
)

// CloudEvents is the envelope of the CloudEvents 1.0 Kafka protocol binding. It writes binary mode:
// attributes in ce_… headers, the payload alone in the value. It reads binary and structured mode, the latter
// in the JSON format. The record's key is the event's.
//
// ce_source is the author. Three extension attributes are brook's own: ce_brookcause holds Message.Cause, ce_brooklane
// Message.Lane and Sequence, ce_brookhash Message.Hash. All other attributes (subject, dataschema, extensions) are headers of their names, ce_subject, in
// Message.Headers: of events in structured mode, too. They can be published by [WithHeader]. Of the required attributes id and
// source may be absent; an optional one that is null or empty is as good as absent. An attribute that occurs twice is an error, in
// either mode. Payloads are JSON in UTF-8; content-type, where it is there, has to say so.
//
// A record in binary mode whose value is null or empty is an event without data, and no tombstone. It decodes as JSON null would, to the
// zero value with the key of the record; so does one whose data is null.
//
// NewApp refuses an author that is no URI reference (RFC 3986), Publish attributes that are no text or have control characters.
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

// CheckAuthor says why an author can't be a CloudEvent's source.
func (CloudEvents) CheckAuthor(author string) error { return checkSource(author) }

// IsTombstone reports whether a record whose value is null is no event in binary mode.
func (CloudEvents) IsTombstone(r *Record) bool {
	for i := range r.Headers {
		if name, is := cutAttribute(r.Headers[i].Key); is && (name == "specversion" || name == "type") && len(r.Headers[i].Value) > 0 {
			return false
		}
	}
	return true
}

// Wrap writes a record in binary mode.
func (CloudEvents) Wrap(m *Message, r *Record) error {
	if m.Type == "" {
		return errors.New("CloudEvents: the event has no type")
	}
	if err := m.Check(); err != nil {
		return fmt.Errorf("CloudEvents: %w", err)
	}
	r.Value = m.Data
	r.Headers = make([]Header, 0, 9+len(m.Headers))
	add := func(key, value string) { r.Headers = append(r.Headers, Header{key, []byte(value)}) }
	add("ce_specversion", specVersion)
	r.addHeader("ce_id", m.ID)
	r.addHeader("ce_source", m.Author)
	add("ce_type", m.Type)
	if !m.Time.IsZero() {
		add("ce_time", m.Time.UTC().Format(time.RFC3339Nano))
	}
	add(contentTypeName, jsonContent)
	r.addHeader("ce_brookcause", m.Cause)
	if m.Lane != "" {
		add("ce_brooklane", m.laneText())
		r.addHeader("ce_brookhash", m.Hash)
	}
	var there names
	for i := range m.Headers {
		if err := checkAttribute(&m.Headers[i], r.Headers, &there); err != nil {
			return err
		}
		r.Headers = append(r.Headers, m.Headers[i])
	}
	return nil
}

// checkAttribute says what is wrong with a header that the envelope does not use, beside others.
func checkAttribute(h *Header, others []Header, there *names) error {
	name, is := cutAttribute(h.Key)
	switch {
	case strings.EqualFold(h.Key, contentTypeName):
		return fmt.Errorf("header %q: it belongs to the envelope", h.Key)
	case !is:
		return nil
	}
	switch name {
	case "specversion", "id", "source", "type", "time", "datacontenttype", "data", "brookcause", "brooklane", "brookhash":
		return fmt.Errorf("header %q: it belongs to the envelope", h.Key)
	}
	switch {
	case name == "" || h.Key != attributePrefix+name || strings.ContainsFunc(name, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }):
		return fmt.Errorf("header %q: a CloudEvents attribute is named by lower-case letters and digits", h.Key)
	case len(h.Value) == 0:
		return fmt.Errorf("header %q: a CloudEvents attribute is not empty", h.Key)
	case there.have(others, h.Key):
		return fmt.Errorf("header %q: a CloudEvents attribute is there once", h.Key)
	}
	if err := text.Check(h.Value); err != nil {
		return fmt.Errorf("header %q: a CloudEvents attribute is text: %w", h.Key, err)
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
				key = attributePrefix + name
				if h.there.have(m.Headers, key) {
					h.again(key)
				}
				m.Headers = append(m.Headers, Header{key, r.Headers[i].Value})
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

// nullData is the payload of an event without data.
func nullData() []byte { return []byte("null") }

// attributes reads the headers of binary mode.
type attributes struct {
	author, typ      string // guesses
	version, content string
	seen             int
	there            names
	bad              error
	ambiguous        bool // there are two types
}

// check says whether there is an event at all, of a type that can be known.
func (h *attributes) check(m *Message) error {
	switch {
	case h.version == "":
		return errors.New("no CloudEvent: neither a header ce_specversion nor the content-type application/cloudevents+json")
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

// badVersion is the error of an event of another version of CloudEvents, or of what is none: then its type means nothing, either.
func badVersion(version string) error {
	err := fmt.Errorf("%.100q: only events of version %s can be read", version, specVersion)
	switch version {
	case "0.1", "0.2", "0.3":
		return err
	}
	return untypedError{err}
}

// untypedError is the error of an envelope whose event type can't be relied on: the record is a dead letter, whether the app knows that type or not.
type untypedError struct{ error }

// Unwrap returns the error.
func (e untypedError) Unwrap() error { return e.error }

// Untyped returns true.
func (untypedError) Untyped() bool { return true }

// again notes that an attribute occurs twice.
func (h *attributes) again(key string) {
	if h.bad == nil {
		h.bad = fmt.Errorf("the header %s occurs twice", key)
	}
}

// attributeOf returns which of the attributes that the envelope uses a header is, or 0.
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
	case contentTypeName:
		return sawContent
	}
	return 0
}

// take reads a header into m, and reports whether the envelope uses it. One that is empty is as good as absent.
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
	case sawContent:
		h.content = same(jsonContent, value)
	}
	h.seen |= what
	return true
}

// same gives value as a string, sparing the copy where it is what the message before held.
func same(before string, value []byte) string {
	if before == string(value) {
		return before
	}
	return string(value)
}
