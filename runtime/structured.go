package brook

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/brookgen/brookgen/runtime/wire"
)

// structured reads a CloudEvent in the JSON format. What the record's headers say of attributes counts for nothing.
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
		e.member(string(wire.Unquote(name)))
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

// structuredEvent is a CloudEvent in the JSON format while it is read.
type structuredEvent struct {
	m       *Message
	d       *wire.Decoder
	version string
	content string
	base64  string
	bad     error
}

// member reads the value of a member; null is as good as absent.
func (e *structuredEvent) member(name string) {
	switch name {
	case "specversion":
		e.text(&e.version)
	case "id":
		e.text(&e.m.ID)
	case "source":
		e.text(&e.m.Author)
	case "type":
		e.text(&e.m.Type)
	case "datacontenttype":
		e.text(&e.content)
	case "brookcause":
		e.text(&e.m.Cause)
	case "data_base64":
		e.text(&e.base64)
	case "time":
		e.d.Time(&e.m.Time)
		e.m.Time = e.m.Time.UTC()
	case "brooklane":
		var lane string
		if e.text(&lane); lane != "" {
			if err := e.m.setLane(lane); err != nil {
				e.bad = fmt.Errorf("brooklane: %w", err)
			}
		}
	case "data":
		e.m.Data, _ = e.d.JSON()
	default:
		e.extension(name)
	}
}

func (e *structuredEvent) text(p *string) {
	if b, ok := e.d.Text(); ok {
		*p = string(b)
	}
}

// extension makes a header of an attribute, as it would be in binary mode.
func (e *structuredEvent) extension(name string) {
	var value []byte
	switch e.d.Kind() {
	case 'n':
		e.d.Skip()
		return
	case '"':
		value, _ = e.d.Text()
	default:
		value, _ = e.d.JSON()
	}
	e.m.Headers = append(e.m.Headers, Header{attributePrefix + name, value})
}

// check says what is wrong with an event that was read, and decodes its data.
func (e *structuredEvent) check() error {
	switch {
	case e.version == "" || e.m.Type == "":
		return errors.New("specversion or type is missing")
	case e.version != specVersion:
		return fmt.Errorf("specversion %q: only events of version %s can be read", e.version, specVersion)
	case e.base64 != "" && e.m.Data != nil:
		return errors.New("it has both data and data_base64")
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
	if e.m.Data == nil {
		e.m.Data = []byte("null")
	}
	return e.bad
}
