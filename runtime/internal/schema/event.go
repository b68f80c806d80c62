// Package schema holds what generated code declares of events and collections, as plain data
// without Go types. Package brook and everything above it use it. Nothing in it changes once it is
// made, so that any goroutine may read it.
package schema

import "github.com/brookgen/brookgen/runtime/key"

// Event is an event type without its Go type.
type Event struct {
	Type  string    // as on the wire
	Was   []string  // names that it had before
	Topic string    // "": Config.Topic
	Shape key.Shape // of its key; "": it has none
	Timed bool      // handlers of the package set timers of it
	// Tombstone says that it stands for the null values of its topic.
	Tombstone bool
	History   int // how many events a row keeps; brook.KeepAll: all of them; 0: none
}
