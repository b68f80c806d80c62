package brook

import "time"

// Tombstone says that the key of a topic has no value any more: a record whose value is null, as
// compacted topics have them. E is the event whose topic it is; the topic is that event's alone. A
// handler takes one in place of an [Event]:
//
//	func (Set) UserGone(e brook.Tombstone[string, UserChanged]) brook.Change[string, User] {
//		return brook.Delete[User](e.Key)
//	}
//
// It is in no history. In all else it is handled as an event of its key: it waits behind dead
// letters, and becomes one if it fails, whose Type is that of the event with [TombstoneSuffix].
type Tombstone[K comparable, E any] struct {
	// Key is read from the key of the record, which is the event's key as text. If that has several
	// fields, K is a struct of the same fields in their order.
	Key K
	// Position is where the tombstone is in the log.
	Position Position
	// Time is that of the record, in UTC.
	Time time.Time
	// Headers are those of the record. They are shared: they may be kept, and not changed.
	Headers []Header
}

// TombstoneSuffix follows the event's type in the Type of a tombstone's dead letter:
// "user.changed=null". No event has a type with an equals sign.
const TombstoneSuffix = "=null"
