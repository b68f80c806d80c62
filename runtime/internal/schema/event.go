// Package schema holds what generated code says of events and collections, as plain data.
package schema

import "github.com/brookgen/brookgen/runtime/key"

// Event is an event type.
type Event struct {
	Type    string    // as on the wire
	Topic   string    // "": Config.Topic
	Shape   key.Shape // of its key, "" if it has none
	History int       // how many are kept for each key
}
