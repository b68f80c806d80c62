package brook

import "time"

// Envelope says how an event lies in a record: where its type, id, author and time stand beside
// its payload. Implementations are safe for concurrent use and keep nothing.
type Envelope interface {
	// Wrap fills r's Value and Headers, and its Key where that is not the event's, from m.
	// r.Key and r.Topic are filled already.
	Wrap(m *Message, r *Record) error
	// Open fills m from r; m holds another message before, of which nothing may stay. What it fills may
	// share r's bytes. An error says what is wrong with the record: it becomes a dead letter, unless m.Type is set all the same
	// and is none of the app's.
	Open(r *Record, m *Message) error
}

// AuthorChecker is an envelope that not every author fits. NewApp refuses a Config.Author for which CheckAuthor returns an error.
type AuthorChecker interface{ CheckAuthor(author string) error }

// TombstoneChecker is an envelope whose records may hold an event though their value is null. Only a null value for which IsTombstone
// returns true is a tombstone. To an envelope that is no TombstoneChecker every null value is one.
type TombstoneChecker interface{ IsTombstone(r *Record) bool }

// Bare is an envelope that takes whatever a topic holds for payloads, as [RawTopics] does. Of an event whose payload has no key though its
// record has one, the dead letter then says what the payload looks like.
type Bare interface{ Bare() bool }

// Unkeyed is an envelope that can say before the first record that the keys of its records are not the events' keys: where
// Unkeyed gives true, Open never sets Message.Keyed, and the events of one key may be in any partition. They are folded in one
// lane, and a Config.Group is refused. An envelope that is no Unkeyed has keyed records, or leaves it to each record.
type Unkeyed interface{ Unkeyed() bool }

// Message is an event between its record and its payload's type.
type Message struct {
	ID     string // Open: "" where the record has none
	Type   string
	Author string
	Time   time.Time // Open: zero where the record has none
	Cause  string
	// Lane and Sequence let a receiver drop repeats of emissions: of one author's lane it folds
	// each sequence of a partition once, and they rise. Lane is "" for what no handler emitted.
	Lane     string
	Sequence Sequence
	// Hash travels beside Lane: of Author and ID, as whoever emitted the event had them. Who makes an event of its own from
	// another's headers copies it too, and then it does not match. Open: "" where the record has none.
	Hash string
	// Headers are all that the envelope does not use itself.
	Headers []Header
	Data    []byte // the payload as JSON; null for an event without data
	// Keyed says that the record's key is the event's key.
	Keyed bool
}

// Sequence numbers the emissions of a lane: by the offset of the cause, then the place among its emissions; or by a number that the
// store counted.
type Sequence struct {
	Offset  int64
	Ordinal int32
}

// After reports whether s is later than t.
func (s Sequence) After(t Sequence) bool {
	return s.Offset > t.Offset || s.Offset == t.Offset && s.Ordinal > t.Ordinal
}
