package elixir

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/wire"
)

// Envelope is the [brook.Envelope] of Brook for Elixir. The zero Envelope reads both formats, and
// writes that of brook_serializer with payloads that are maps. It is safe for concurrent use, as
// long as nobody changes Types.
type Envelope struct {
	// Format is the format to write. Both are read, whichever it is.
	Format Format
	// Types has, by event type, what the payload is in Elixir.
	Types map[string]Type
}

var (
	_ brook.Envelope = Envelope{}
	_ brook.Unkeyed  = Envelope{}
)

// Unkeyed returns true: a record's key is the event's type.
func (Envelope) Unkeyed() bool { return true }

// Wrap writes an event as Brook does. Its time is cut to milliseconds. If a payload does not fit
// its Type, the error names the path.
func (e Envelope) Wrap(m *brook.Message, r *brook.Record) error {
	if m.Type == "" {
		return errors.New("elixir: the event has no type")
	}
	if err := m.PutHeaders(r); err != nil {
		return fmt.Errorf("elixir: %w", err)
	}
	r.Key = []byte(m.Type)
	buf := wire.NewEncoder(make([]byte, 0, 2*len(m.Data)+160))
	buf.Name(`{"author":`).String(m.Author)
	buf.Name(`,"create_ts":`)
	if m.Time.IsZero() {
		buf.Null()
	} else {
		buf.Int(m.Time.UnixMilli())
	}
	buf.Name(`,"data":`)
	head, err := buf.Finish()
	if err != nil {
		return fmt.Errorf("elixir: %w", err)
	}
	value, err := e.Format.appendTerm(head, m.Data, e.Types[m.Type])
	if err != nil {
		return fmt.Errorf("elixir: data of %s: %w", m.Type, err)
	}
	buf = wire.NewEncoder(value)
	buf.Name(`,"forwarded":false,"type":`).String(m.Type)
	value, err = buf.Finish()
	if err != nil {
		return fmt.Errorf("elixir: %w", err)
	}
	if e.Format == JSONSerde && bytes.Contains(value, []byte(brookKey)) {
		// Brook.Legacy takes a record for the other format if these bytes occur in
		// it, even in a text.
		value = bytes.ReplaceAll(value, []byte(brookKey), []byte(`\u005f`+brookKey[1:]))
	}
	r.Value = append(append(append(value, `,"`...), e.Format.key()...), `":"`+eventOf+`"}`...)
	return nil
}

// Open reads an event of either format. m.Data is a part of r.Value if nothing in it had
// to be made plain JSON.
func (Envelope) Open(r *brook.Record, m *brook.Message) error {
	before := *m // type and author are often those of the message before
	*m = brook.Message{}
	bad := m.TakeHeaders(r)
	var buf [32]form
	s := scan{d: wire.NewDecoder(r.Value), text: r.Value, forms: buf[:0]}
	var e event
	for i := 0; ; i++ {
		name, ok := s.d.Member(i)
		if !ok {
			break
		}
		e.member(&s, m, wire.Unquote(name))
	}
	// The type is set along with an error, too: an app ignores events of types that
	// it does not know.
	var typed, authored bool
	m.Type, typed = e.typ.string(s.forms, before.Type)
	m.Author, authored = e.author.string(s.forms, before.Author)
	err := s.d.Finish()
	if err == nil && s.bad != nil {
		s.d.Fail(s.badAt, s.bad)
		err = s.d.Finish()
	}
	if err != nil {
		return fmt.Errorf("elixir: %w", err)
	}
	switch {
	case e.twice != "":
		if before, ok := e.typBefore.string(s.forms, m.Type); e.typBefore.text != nil &&
			(!ok || !typed || before != m.Type) {
			m.Type = "" // there are two
		}
		return fmt.Errorf("elixir: the member %s occurs twice", e.twice)
	}
	old, err := e.inString()
	if err != nil {
		return fmt.Errorf("elixir: data, a string of JSON as Brook up to 0.4.10 wrote it: %w", err)
	}
	switch {
	case !e.is && !(old != nil && e.seen == sawType|sawAuthor|sawTime|sawData):
		return fmt.Errorf("elixir: no event of Brook: neither %s nor %s is %s", brookKey,
			serdeKey, eventOf)
	case !typed || !authored:
		return errors.New("elixir: type or author is neither a string nor an atom")
	case m.Type == "":
		return errors.New("elixir: type is missing, null or empty")
	case e.data.text == nil:
		return errors.New("elixir: data is missing")
	}
	if old != nil {
		m.Data = old
		return bad
	}
	if m.Data = e.data.text; e.data.special(s.forms, e.format) {
		m.Data = e.data.plain(s.forms, e.format)
	}
	return bad
}

// event is what was found in the object of an event.
type event struct {
	typ, author, data part
	typBefore         part // the one that typ replaced
	is                bool // its struct is that of an event
	// data came before the struct's name, or in json_serde's format: it is no string of JSON
	late   bool
	format Format
	seen   uint8
	twice  string
}

// The members that an event may have once.
const (
	sawType = 1 << iota
	sawAuthor
	sawTime
	sawData
	sawStruct
)

func (e *event) once(what uint8, name string) {
	if e.seen&what != 0 {
		e.twice = name
	}
	e.seen |= what
}

// member reads the value of a member.
func (e *event) member(s *scan, m *brook.Message, name []byte) {
	switch string(name) {
	case "type":
		e.once(sawType, "type")
		e.typBefore, e.typ = e.typ, s.part()
	case "author":
		e.once(sawAuthor, "author")
		e.author = s.part()
	case "create_ts":
		e.once(sawTime, "create_ts")
		m.Time = time.Time{} // overrides a header's, if there is one
		s.d.Millis(&m.Time)
	case "data":
		e.once(sawData, "data")
		e.data = s.part()
	case brookKey, serdeKey:
		e.once(sawStruct, brookKey+" or "+serdeKey)
		if b, ok := s.d.Text(); ok {
			e.is = string(b) == eventOf
		}
		if e.late = e.seen&sawData != 0 || string(name) == serdeKey; string(name) == serdeKey {
			e.format = JSONSerde
		}
	default:
		s.d.Skip()
	}
}

// inString returns the payload as plain JSON, if it is JSON in a string as Brook up to 0.4.10 wrote
// it, or else nil. In these records, maps of Elixir, the name of the struct comes first (before
// 0.3.2 there was none). In later ones, structs, it comes last, and a string is a string.
func (e *event) inString() ([]byte, error) {
	if e.late || len(e.data.text) == 0 || e.data.text[0] != '"' {
		return nil, nil
	}
	text := wire.Unquote(e.data.text)
	inner := scan{d: wire.NewDecoder(text), text: text}
	data := inner.part()
	if inner.d.Finish() != nil {
		return nil, nil //nolint:nilerr // a string that is no JSON was not written by Brook: it is a string
	}
	if inner.bad != nil {
		d := wire.NewDecoder(text)
		d.Fail(inner.badAt, inner.bad)
		return nil, d.Finish()
	}
	if data.special(inner.forms, JSONSerde) { // there were no keyword lists
		return data.plain(inner.forms, JSONSerde), nil
	}
	return data.text, nil
}
