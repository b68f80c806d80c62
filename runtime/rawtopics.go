package brook

import (
	"errors"
	"fmt"
	"time"

	"github.com/brookgen/brookgen/runtime/internal/text"
)

// RawTopics is the envelope of topics whose records are payloads and nothing else: the topic names
// the event. It suits change streams and the logs of devices. The record's key is the event's key.
//
// What is published has its ID, author and time in the headers brook-id, brook-author and
// brook-time (RFC 3339), and that by which a receiver drops repeats of emissions in brook-cause,
// brook-lane and brook-hash, see [Message.PutHeaders]. A record without them is read too: its
// position is the ID of the event, its time that of the event, and the author is unknown.
//
// There is no event without data: a null value is a tombstone, and the payload null an error. An
// event whose payload has no key though its record has one becomes a dead letter that says what the
// payload looks like. Most often it is wrapped, as Kafka Connect and Debezium do.
type RawTopics struct {
	// Types has the event type of each topic. A topic that is not in it holds events whose type is
	// the name of the topic. It must not be changed once an app uses it.
	Types map[string]string
}

// typeOf returns the event type of a topic.
func (e RawTopics) typeOf(topic string) string {
	if t, ok := e.Types[topic]; ok {
		return t
	}
	return topic
}

// Wrap makes the payload the value of the record, which shares it. It returns an error if the event
// is of another type than the topic, or its payload is empty or null.
func (e RawTopics) Wrap(m *Message, r *Record) error {
	if want := e.typeOf(r.Topic); m.Type != want {
		return fmt.Errorf("topic %q holds events of type %q alone: give %q a topic of its own "+
			"(topic=… of its directive), and name it in RawTopics.Types if the two differ",
			r.Topic, want, m.Type)
	}
	if len(m.Data) == 0 {
		return errors.New("no payload: the record would be a tombstone")
	}
	if text.IsNull(m.Data) {
		return errNullPayload
	}
	values, err := m.putHeaders(r, 2, len(m.Author)+len(time.RFC3339Nano))
	if err != nil {
		return err
	}
	values.add(r, headerAuthor, m.Author)
	if !m.Time.IsZero() {
		values.addTime(r, headerTime, m.Time)
	}
	r.Value = m.Data
	return nil
}

// Open takes the value of the record for the payload; m.Data shares it. It returns an error for a
// payload that is null or empty, which would be an event of zero values.
func (e RawTopics) Open(r *Record, m *Message) error {
	*m = Message{Type: e.typeOf(r.Topic), Keyed: true, Data: r.Value}
	bad := m.TakeHeaders(r)
	switch {
	case len(r.Value) == 0:
		return errors.New("the payload is empty")
	case text.IsNull(r.Value):
		return errNullPayload
	}
	return bad
}

var errNullPayload = errors.New("the payload is null")

// Bare returns true: a record is a payload and nothing else.
func (RawTopics) Bare() bool { return true }
