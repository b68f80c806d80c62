package brook

import "errors"

// ErrUnknownType is what generated code answers for an event type that is not in the history's sum.
var ErrUnknownType = errors.New("brook: unknown event type")

// Events gives the history of the value at k, oldest first: the events that made it what it is.
// An event that decode does not know, or that no longer decodes, goes through old. A key without value has no history.
func Events[K comparable, V, T any](v View[K, V], k K, decode func(typ string, data []byte) (T, error), old func(typ string, data []byte) T) ([]Event[T], error) {
	events := []Event[T]{}
	for entry, err := range v.src.history(v.slot, v.def.AppendKey(nil, k)) {
		if err != nil {
			return nil, err
		}
		data, err := decode(entry.Type, entry.Data)
		if err != nil {
			data = old(entry.Type, append([]byte(nil), entry.Data...))
		}
		events = append(events, past(entry, data))
	}
	return events, nil
}

// EventsOf gives those of the history's events that have def's type, oldest first. Entries that no longer decode are an
// error that says which, after all that do.
func EventsOf[K comparable, V, E any](v View[K, V], k K, def *EventDef[E]) ([]Event[E], error) {
	events := []Event[E]{}
	var bad []error
	for entry, err := range v.src.history(v.slot, v.def.AppendKey(nil, k)) {
		if err != nil {
			return nil, err
		}
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
	return events, errors.Join(bad...)
}

func past[T any](h *HistoryEntry, data T) Event[T] {
	return Event[T]{ID: h.ID, Type: h.Type, Author: h.Author, Time: h.Time, Data: data, Key: h.Key,
		Headers: h.Headers, Cause: h.Cause, Position: h.Position}
}
