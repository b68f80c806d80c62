package brook

import (
	"fmt"
	"strconv"
	"time"

	"github.com/brookgen/brookgen/runtime/internal/text"
	"github.com/brookgen/brookgen/runtime/wire"
)

// Message is an event between its record and the type of its payload: an [Envelope] turns one into
// the other.
type Message struct {
	ID     string // unique among the events of Author; Open: "" if the record has none
	Type   string
	Author string
	Time   time.Time // Open: zero if the record has none
	Cause  string    // the ID of the event whose handler emitted this one, or ""
	// Lane and Sequence let a receiver drop repeats of emissions: Lane names a stream of emissions
	// of one author, whose sequences rise, and of which a receiver folds each sequence of a
	// partition once. Lane is "" for what no handler emitted.
	Lane     string
	Sequence Sequence
	// Hash travels beside Lane. It is the hash of Author and ID, as they were when the event was
	// emitted: if somebody makes another event and copies these headers, it does not match, and
	// Lane counts for nothing. Open: "" if the record has none.
	Hash string
	// Headers are all that the envelope does not use itself.
	Headers []Header
	Data    []byte // the payload as JSON; null for an event without data
	// Version is the version of the payload, from 1; 0: the record does not say it.
	Version int
	// Keyed is set by Open if the record's key is the event's key.
	Keyed bool
}

// Check returns an error if the time, ID, type or author of m can't be written so that every reader
// accepts it: times are of the years 0 to 9999, texts are UTF-8 without control characters.
func (m *Message) Check() error {
	if !wire.Writable(m.Time) {
		return fmt.Errorf("its time is in the year %d (UTC), "+
			"and only years from 0 to 9999 can be written", m.Time.UTC().Year())
	}
	if m.Version < 0 {
		return fmt.Errorf("its version is %d", m.Version)
	}
	for _, a := range [...]struct{ name, text string }{
		{"ID", m.ID}, {"type", m.Type}, {"author", m.Author},
	} {
		if err := text.Check(a.text); err != nil {
			return fmt.Errorf("its %s %.200q: %w", a.name, a.text, err)
		}
	}
	return nil
}

// versionText returns m.Version as it travels: "" for none.
func (m *Message) versionText() string {
	if m.Version == 0 {
		return ""
	}
	return strconv.Itoa(m.Version)
}

// setVersion sets m.Version from its text.
func (m *Message) setVersion(text []byte) error {
	n, err := strconv.ParseInt(string(text), 10, 32)
	if err != nil || text[0] < '1' || text[0] > '9' {
		return fmt.Errorf("%.50q is no version, which is a number from 1", text)
	}
	m.Version = int(n)
	return nil
}

// Sequence numbers the emissions of a Message.Lane: by the offset of the event that caused the
// emission, then the place among the emissions of that event; or by a number that the store
// counted.
type Sequence struct {
	Offset  int64
	Ordinal int32
}

// After reports whether s is later than t.
func (s Sequence) After(t Sequence) bool {
	return s.Offset > t.Offset || s.Offset == t.Offset && s.Ordinal > t.Ordinal
}
