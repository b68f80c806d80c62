package brook

// Envelope says how an event lies in a record: where its type, ID, author and time are beside its
// payload. An implementation is safe for concurrent use, and keeps neither message nor record.
type Envelope interface {
	// Wrap fills r's Value and Headers from m, and r's Key if that is not the event's key. r.Key
	// and r.Topic are filled already. r may share the bytes of m.
	Wrap(m *Message, r *Record) error
	// Open fills m from r. m holds another message before, of which nothing may stay. m may share
	// the bytes of r. An error says what is wrong with the record. The record becomes a dead letter
	// then, unless m.Type is set all the same and is none of the app's.
	Open(r *Record, m *Message) error
}

// AuthorChecker is an envelope that can't write every author. NewApp refuses a Config.Author for
// which CheckAuthor returns an error.
type AuthorChecker interface{ CheckAuthor(author string) error }

// TombstoneChecker is an envelope whose records may hold an event though their value is null. A
// record with a null value is a tombstone if IsTombstone returns true. If the envelope is no
// TombstoneChecker, every record with a null value is a tombstone.
type TombstoneChecker interface{ IsTombstone(r *Record) bool }

// Bare is an envelope that takes whatever a topic holds for payloads, as [RawTopics] does. If Bare
// returns true, the dead letter of an event whose payload has no key though its record has one says
// what the payload looks like.
type Bare interface{ Bare() bool }

// Unkeyed is an envelope that can say before the first record that the keys of its records are not
// the events' keys. If Unkeyed returns true, Open never sets Message.Keyed, and the events of one
// key may be in any partition: they are folded in one lane, and Config.Group is refused. The
// records of an envelope that is no Unkeyed are keyed, or each record says so.
type Unkeyed interface{ Unkeyed() bool }
