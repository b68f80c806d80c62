package brook

import (
	"errors"
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
	Headers  []Header
	Data     []byte // the payload as JSON
}

// ErrUnknownType is returned by the decoder of a history for an event type that the history's sum
// type does not have. Generated code uses it.
var ErrUnknownType = errors.New("brook: unknown event type")

// Past is the history of one row before it is read. [Events] and [EventsOf] read it. Generated code
// uses it.
type Past struct {
	at  collectionReader
	key []byte
}

// Past returns the history of the value at key. Generated code reads it with its types, in the
// methods Events and EventsOf….
//
//go:noinline
func (v View[K, V]) Past(key K) Past { return Past{v.at, v.def.AppendKey(nil, key)} }

// entries reads the history, oldest first.
func (p Past) entries() ([]*HistoryEntry, error) {
	var entries []*HistoryEntry
	for entry, err := range p.at.history(p.key) {
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry)
	}
	return entries, nil
}

// Events returns the events of a history, oldest first: those that made the value what it is. An
// event that decode returns an error for, because it does not know the type or can't decode the
// payload, becomes what old makes of it. A key without value has no history. The error is that of
// the store. The keys and headers of the events are shared and must not be changed. Generated code
// uses it.
//
//go:noinline
func Events[T any](
	p Past, decode func(typ string, data []byte) (T, error), old func(typ string, data []byte) T,
) ([]Event[T], error) {
	entries, err := p.entries()
	events := make([]Event[T], 0, len(entries))
	for _, entry := range entries {
		data, err := decode(entry.Type, entry.Data)
		if err != nil {
			data = old(entry.Type, append([]byte(nil), entry.Data...))
		}
		events = append(events, historyEvent(entry, data))
	}
	return events, err
}

// EventsOf returns the events of a history that have def's type, oldest first. If some of them no
// longer decode, it returns all others, and an error that joins a [RecordError] for each. The keys
// and headers of the events are shared and must not be changed. Generated code uses it.
//
//go:noinline
func EventsOf[E any](p Past, def *EventDef[E]) ([]Event[E], error) {
	entries, err := p.entries()
	events := []Event[E]{}
	var bad []error
	for _, entry := range entries {
		if entry.Type != def.Type {
			continue
		}
		data, err := def.Decode(entry.Data)
		if err != nil {
			bad = append(bad, &RecordError{Position: entry.Position, Type: entry.Type, Err: err})
			continue
		}
		events = append(events, historyEvent(entry, data))
	}
	return events, errors.Join(append(bad, err)...)
}

// historyEvent returns the event of a history entry.
//
//go:noinline
func historyEvent[T any](h *HistoryEntry, data T) Event[T] {
	return Event[T]{ID: h.ID, Type: h.Type, Author: h.Author, Time: h.Time, Data: data, Key: h.Key,
		Headers: h.Headers, Cause: h.Cause, Position: h.Position}
}
