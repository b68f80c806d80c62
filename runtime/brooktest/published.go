package brooktest

import (
	"encoding/json"

	brook "github.com/brookgen/brookgen/runtime"
)

// Published returns the events of one type that the app published in the last step, in order: what
// handlers emitted, which has a Cause, and what effects and the test itself published through the
// app. The step's own events are not among them.
//
//	shipped := brooktest.Published[shop.Shipped](s)
func Published[E any, A App](s *Scenario[A]) []brook.Event[E] {
	s.t.Helper()
	if def := s.back.EventOf(new(E)); def != nil {
		var events []brook.Event[E]
		for _, e := range s.Published() {
			if e.Type != def.Type {
				continue
			}
			var data E
			if err := def.Decode(e.Data, &data); err != nil {
				s.t.Fatalf("brooktest: published %s: %v", e.Type, err)
			}
			events = append(events, brook.Event[E]{ID: e.ID, Type: e.Type, Author: e.Author,
				Time: e.Time, Data: data,
				Key: e.Key, Headers: e.Headers, Cause: e.Cause, Position: e.Position})
		}
		return events
	}
	var data E
	s.t.Fatalf("brooktest: %T is no event of the app's package", data)
	return nil
}

// PublishedData returns the data of [Published].
func PublishedData[E any, A App](s *Scenario[A]) []E {
	s.t.Helper()
	var all []E
	for _, e := range Published[E](s) {
		all = append(all, e.Data)
	}
	return all
}

// Published returns all events that the app published in the last step, of whatever type,
// with their data as JSON.
func (s *Scenario[A]) Published() []brook.Event[json.RawMessage] {
	s.t.Helper()
	events, err := s.Driver.Events()
	if err != nil {
		s.t.Fatalf("%v", err)
	}
	return events
}
