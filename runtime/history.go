package brook

import (
	"errors"
	"strconv"
	"time"
)

// HistoryEntry is one event in the history of a row, as a store keeps it. Once it is committed it
// is shared and never changes: nobody may change its bytes.
type HistoryEntry struct {
	Position Position // zero for an event that did not come through the log
	ID       string
	Type     string
	Author   string
	Cause    string
	Time     time.Time
	Key      []byte
	// Headers are those of the event, behind one that has the version of its payload if that was
	// known.
	Headers []Header
	Data    []byte // the payload as JSON
}

// entryVersion is the name of the header that has the version of an entry's payload. It has a
// blank, so that nobody's event has it.
const entryVersion = "brook version"

// SetVersion sets the version of the payload; 0: none is known. It is called once, before the entry
// is stored, and puts Headers into a slice of its own. Package engine uses it.
func (h *HistoryEntry) SetVersion(version int) {
	if version > 0 {
		first := Header{entryVersion, []byte(strconv.Itoa(version))}
		h.Headers = append([]Header{first}, h.Headers...)
	}
}

// PayloadVersion returns the version of the payload, 0 if none is known, and the headers of the
// event. Package engine uses it.
func (h *HistoryEntry) PayloadVersion() (version int, headers []Header) {
	if len(h.Headers) == 0 || h.Headers[0].Key != entryVersion {
		return 0, h.Headers
	}
	n, err := strconv.Atoi(string(h.Headers[0].Value))
	if err != nil || n < 1 {
		return 0, h.Headers
	}
	if len(h.Headers) == 1 {
		return n, nil
	}
	return n, h.Headers[1:]
}

// Past is the history of one row before it is read. [Events] and [EventsOf] read it. Generated code
// uses it.
type Past struct {
	at  *place
	key []byte
}

// entries reads the history, oldest first: those of a type, or all if typ is "".
func (p Past) entries(typ string) ([]*HistoryEntry, error) {
	var entries []*HistoryEntry
	for entry, err := range p.at.src.History(p.at.slot, p.key) {
		if err != nil {
			return nil, err
		}
		if typ == "" || entry.Type == typ {
			entries = append(entries, entry)
		}
	}
	return entries, nil
}

// describe copies all of an event but its data, which is of any type, to where the pointers point.
//
//go:noinline
func (h *HistoryEntry) describe(id, typ, author, cause *string, at *time.Time,
	key *[]byte, headers *[]Header, position *Position,
) {
	*id, *typ, *author, *cause, *at = h.ID, h.Type, h.Author, h.Cause, h.Time
	*key, *position = h.Key, h.Position
	_, *headers = h.PayloadVersion()
}

// Events returns the events of a history, oldest first: those that made the value what it is. T is
// the history's sum type, and events are the members that it has. member makes a member of T of
// the payload that data points to. data is nil for one that is none of these events, or no longer
// decodes.
// A key without value has no history. The error is that of the store. The keys and headers of the
// events are shared and must not be changed. It is compiled for each collection of each user.
// Generated code uses it.
//
//go:noinline
func Events[T any](
	p Past, member func(typ string, payload []byte, data any) any, events ...*EventDef,
) ([]Event[T], error) {
	entries, err := p.entries("")
	list := make([]Event[T], len(entries))
	for i, h := range entries {
		e := &list[i]
		h.describe(&e.ID, &e.Type, &e.Author, &e.Cause, &e.Time, &e.Key, &e.Headers, &e.Position)
		e.Data, _ = h.member(member, events).(T)
	}
	return list, err
}

// member returns what stands for the payload of h in a history of these events.
//
//go:noinline
func (h *HistoryEntry) member(
	member func(typ string, payload []byte, data any) any, events []*EventDef,
) any {
	for _, def := range events {
		if def.Type != h.Type {
			continue
		}
		data := def.New()
		version, _ := h.PayloadVersion()
		if _, err := def.Read(version, h.Data, data); err == nil {
			return member(h.Type, h.Data, data)
		}
	}
	return member(h.Type, h.Data, nil)
}

// EventsOf returns the events of a history that have def's type, oldest first. If some of them no
// longer decode, it returns all others, and an error that joins a [RecordError] for each. The keys
// and headers of the events are shared and must not be changed. It is compiled for each event of
// each user. Generated code uses it.
//
//go:noinline
func EventsOf[E any](p Past, def *EventDef) ([]Event[E], error) {
	entries, err := p.entries(def.Type)
	events := make([]Event[E], len(entries))
	bad := undecoded{err: err}
	n := 0
	for _, h := range entries {
		if e := &events[n]; bad.decode(def, h, &e.Data) {
			h.describe(&e.ID, &e.Type, &e.Author, &e.Cause, &e.Time,
				&e.Key, &e.Headers, &e.Position)
			n++
		}
	}
	return events[:n], bad.join()
}

// undecoded collects the errors of the events of a history that no longer decode.
type undecoded struct {
	errs []error
	err  error // of the store
}

// decode decodes the payload of h into data, and reports whether it can.
//
//go:noinline
func (u *undecoded) decode(def *EventDef, h *HistoryEntry, data any) bool {
	version, _ := h.PayloadVersion()
	_, err := def.Read(version, h.Data, data)
	if err != nil {
		u.errs = append(u.errs, &RecordError{Position: h.Position, Type: h.Type, Err: err})
	}
	return err == nil
}

// join returns all errors as one, or nil.
//
//go:noinline
func (u *undecoded) join() error { return errors.Join(append(u.errs, u.err)...) }
