package brook

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/brookgen/brookgen/runtime/wire"
)

// PlainJSON is the envelope of services that put an event into one JSON object:
//
//	{"type":"order.placed","author":"shop","create_ts":1591619696789,"data":{"order_id":"o1"}}
//
// create_ts is when the event was made, in milliseconds since 1970; a string with a time of RFC
// 3339 is read too. data is the payload. type and data must be there and not null; members with
// other names are ignored. A member that occurs twice is an error. The record's key is the event's
// key.
//
// The ID, and that by which a receiver drops repeats of emissions, travel in the headers of
// [Message.PutHeaders]: brook-id, brook-cause, brook-lane and brook-hash. A record without them is
// read too: its position is its ID.
type PlainJSON struct{}

// Wrap writes the object and the headers. It truncates the time to milliseconds.
func (PlainJSON) Wrap(m *Message, r *Record) error {
	if m.Type == "" {
		return errors.New("plain JSON: the event has no type")
	}
	if err := checkPayload(m.Data); err != nil {
		return fmt.Errorf("plain JSON: data: %w", err)
	}
	if err := m.PutHeaders(r); err != nil {
		return err
	}
	e := wire.NewEncoder(make([]byte, 0,
		len(`{"type":"","author":"","create_ts":-62167219200000,"data":}`)+
			len(m.Type)+len(m.Author)+len(m.Data)))
	e.Name(`{"type":`).String(m.Type)
	e.Name(`,"author":`).String(m.Author)
	if !m.Time.IsZero() {
		e.Name(`,"create_ts":`).Int(m.Time.UnixMilli())
	}
	e.Name(`,"data":`)
	value, err := e.Finish()
	if err != nil {
		return fmt.Errorf("plain JSON: %w", err)
	}
	r.Value = append(append(value, m.Data...), '}')
	return nil
}

// checkPayload returns an error unless data is JSON and not null.
func checkPayload(data []byte) error {
	d := wire.NewDecoder(data)
	null := d.IsNull()
	d.Skip()
	if err := d.Finish(); err != nil {
		return err
	}
	if null {
		return errors.New("it is null: there is no payload")
	}
	return nil
}

// Open reads the object. m.Data shares r.Value.
func (PlainJSON) Open(r *Record, m *Message) error {
	before := *m // type and author are often the same
	*m = Message{Keyed: true}
	bad := m.TakeHeaders(r)
	var seen int
	var ambiguous bool // there are two types
	once := func(what int, name string) {
		if seen&what != 0 && bad == nil {
			bad = fmt.Errorf("plain JSON: the member %s occurs twice", name)
		}
		seen |= what
	}
	d := wire.NewDecoder(r.Value)
	for i := 0; ; i++ {
		name, ok := d.Member(i)
		if !ok {
			break
		}
		switch string(wire.Unquote(name)) {
		case "type":
			again := seen&sawType != 0
			once(sawType, "type")
			if b, ok := d.Text(); ok {
				typ := same(before.Type, b)
				ambiguous = ambiguous || again && typ != m.Type
				m.Type = typ
			}
		case "author":
			once(sawAuthor, "author")
			if b, ok := d.Text(); ok {
				m.Author = same(before.Author, b)
			}
		case "create_ts":
			once(sawTime, "create_ts")
			d.Millis(&m.Time)
		case "data":
			once(sawData, "data")
			m.Data, _ = d.JSON()
		default:
			d.Skip()
		}
	}
	if err := d.Finish(); err != nil {
		return fmt.Errorf("plain JSON: %w", err)
	}
	if ambiguous {
		m.Type = ""
		return bad
	}
	var missing []string
	if m.Type == "" {
		missing = append(missing, "type")
	}
	if m.Data == nil || bytes.Equal(m.Data, []byte("null")) {
		missing = append(missing, "data")
	}
	if missing != nil {
		return fmt.Errorf("plain JSON: missing, null or empty: %s", strings.Join(missing, ", "))
	}
	return bad
}
