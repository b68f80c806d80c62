package brook

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/brookgen/brookgen/runtime/wire"
)

// structured reads a CloudEvent in the JSON format. Attributes in the headers of the record are
// ignored.
func (c CloudEvents) structured(r *Record, m *Message) error {
	*m = Message{Keyed: true, Headers: m.Headers}
	others := m.Headers[:0]
	for _, h := range m.Headers {
		if !strings.HasPrefix(h.Key, attributePrefix) {
			others = append(others, h)
		}
	}
	m.Headers = others
	e := structuredEvent{m: m, d: wire.NewDecoder(r.Value)}
	for i := 0; ; i++ {
		name, ok := e.d.Member(i)
		if !ok {
			break
		}
		e.member(wire.Unquote(name))
	}
	if err := e.d.Finish(); err != nil {
		return fmt.Errorf("structured CloudEvent: %w", err)
	}
	if len(m.Headers) == 0 {
		m.Headers = nil
	}
	if err := e.check(); err != nil {
		return fmt.Errorf("structured CloudEvent: %w", err)
	}
	return nil
}

// structuredEvent is the state of reading a CloudEvent in the JSON format.
type structuredEvent struct {
	m         *Message
	d         *wire.Decoder
	version   string
	content   string
	base64    string
	seen      int   // the members that were read, as bits
	there     names // of the extension attributes
	bad       error // the first thing that is wrong
	ambiguous bool  // there are two types
}

// structuredOf returns the bit of the member that a name is, or 0 if the envelope does not use it.
func structuredOf(name []byte) int {
	switch string(name) {
	case "specversion":
		return sawVersion
	case "id":
		return sawID
	case "source":
		return sawAuthor
	case "type":
		return sawType
	case "time":
		return sawTime
	case "datacontenttype":
		return sawContent
	case "brookcause":
		return sawCause
	case "brooklane":
		return sawLane
	case "brookhash":
		return sawHash
	case "brookversion":
		return sawPayloadVersion
	case "data":
		return sawData
	case "data_base64":
		return sawBase64
	}
	return 0
}

// member reads the value of a member. One that is null counts as absent.
func (e *structuredEvent) member(name []byte) {
	if e.d.Null() {
		return
	}
	what := structuredOf(name)
	if what != 0 && e.seen&what != 0 {
		e.again(name)
	}
	switch what {
	case sawVersion:
		e.text(&e.version)
	case sawID:
		e.text(&e.m.ID)
	case sawAuthor:
		e.text(&e.m.Author)
	case sawType:
		before := e.m.Type
		e.text(&e.m.Type)
		e.ambiguous = e.ambiguous || e.seen&sawType != 0 && e.m.Type != before
	case sawTime:
		e.d.Timestamp(&e.m.Time)
	case sawContent:
		e.text(&e.content)
	case sawCause:
		e.text(&e.m.Cause)
	case sawHash:
		e.text(&e.m.Hash)
	case sawPayloadVersion:
		e.payloadVersion()
	case sawLane:
		var lane string
		if e.text(&lane); lane != "" {
			if err := e.m.setLane(lane); err != nil {
				e.bad = fmt.Errorf("brooklane: %w", err)
			}
		}
	case sawData:
		e.m.Data, _ = e.d.JSON()
	case sawBase64:
		e.text(&e.base64)
	default:
		e.extension(name)
	}
	e.seen |= what
}

// again records that a member occurs twice.
func (e *structuredEvent) again(name []byte) {
	if e.bad == nil {
		e.bad = fmt.Errorf("the member %.100s occurs twice", name)
	}
}

// text reads a string into p.
func (e *structuredEvent) text(p *string) {
	if b, ok := e.d.Text(); ok {
		*p = string(b)
	}
}

// payloadVersion reads the version of the payload, a number or its text.
func (e *structuredEvent) payloadVersion() {
	var text []byte
	if e.d.Kind() == '"' {
		text, _ = e.d.Text()
	} else {
		text, _ = e.d.JSON()
	}
	if e.d.Failed() || len(text) == 0 {
		return
	}
	if err := e.m.setVersion(text); err != nil {
		e.bad = fmt.Errorf("brookversion: %w", err)
	}
}

// extension adds an extension attribute to the headers, as it is in binary mode.
func (e *structuredEvent) extension(name []byte) {
	var value []byte
	if e.d.Kind() == '"' {
		value, _ = e.d.Text()
	} else {
		value, _ = e.d.JSON()
	}
	key := attributePrefix + string(name)
	if e.there.have(e.m.Headers, key) {
		e.again(name)
	}
	e.m.Headers = append(e.m.Headers, Header{key, value})
}

// check decodes the data of an event that was read, and returns what is wrong with the event.
func (e *structuredEvent) check() error {
	switch {
	case e.version == "" || e.m.Type == "":
		return errors.New("specversion or type is missing")
	case e.version != specVersion:
		return fmt.Errorf("specversion %w", badVersion(e.version))
	case e.ambiguous:
		e.m.Type = ""
		return e.bad
	case e.base64 != "" && e.m.Data != nil:
		return errors.New("it has both data and data_base64")
	}
	if e.base64 == "" && e.m.Data == nil {
		e.m.Data = nullData()
		return e.bad
	}
	if err := checkContent(e.content); err != nil {
		return fmt.Errorf("datacontenttype %w", err)
	}
	if e.base64 != "" {
		data, err := base64.StdEncoding.DecodeString(e.base64)
		if err != nil {
			return fmt.Errorf("data_base64: %w", err)
		}
		e.m.Data = data
	}
	return e.bad
}
