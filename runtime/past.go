package brook

import "errors"

// ErrUnknownType is the answer for an event type that is not in the history's sum. Generated code uses it.
var ErrUnknownType = errors.New("brook: unknown event type")

// Past is the history of one row, not read yet. Generated code uses it.
type Past struct {
	at  place
	key []byte
}

// Past gives the history of the value at key. Generated code reads it typed, as Events and EventsOf….
//
//go:noinline
func (v View[K, V]) Past(key K) Past { return Past{v.at, v.def.AppendKey(nil, key)} }

// entries reads the history, oldest first.
func (p Past) entries() ([]*HistoryEntry, error) {
	var entries []*HistoryEntry
	for entry, err := range p.at.past(p.key) {
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry)
	}
	return entries, nil
}

// Events gives a history, oldest first: the events that made the value what it is. An event that decode does
// not know, or that no longer decodes, goes through old. A key without value has no history. Generated code uses it.
//
//go:noinline
func Events[T any](p Past, decode func(typ string, data []byte) (T, error), old func(typ string, data []byte) T) ([]Event[T], error) {
	entries, err := p.entries()
	events := make([]Event[T], 0, len(entries))
	for _, entry := range entries {
		data, err := decode(entry.Type, entry.Data)
		if err != nil {
			data = old(entry.Type, append([]byte(nil), entry.Data...))
		}
		events = append(events, past(entry, data))
	}
	return events, err
}

// EventsOf gives those of a history's events that have def's type, oldest first. Entries that no longer decode are an
// error that says which, after all that do. Generated code uses it.
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
		events = append(events, past(entry, data))
	}
	return events, errors.Join(append(bad, err)...)
}

//go:noinline
func past[T any](h *HistoryEntry, data T) Event[T] {
	return Event[T]{ID: h.ID, Type: h.Type, Author: h.Author, Time: h.Time, Data: data, Key: h.Key,
		Headers: h.Headers, Cause: h.Cause, Position: h.Position}
}
