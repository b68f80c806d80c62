// Package lock is brook.lock: what the events and collections of a package looked like when code
// was last generated for them. It makes a [Lock] of a model ([Of]), writes and reads its text
// ([Lock.Format], [Parse]), and compares two of them ([Compare], [Judge]).
//
// The text has a first line that says what it is, and then a line for each event and version, each
// collection, and each field of them, sorted:
//
//	# brook.lock, format 1: …
//	collection orders - . struct key=id
//	collection orders - cents int64
//	collection orders - id string
//	event order.placed 1 . struct key=user_id
//	event order.placed 1 cents int64
//	event order.placed 1 lines []struct
//	event order.placed 1 lines[].sku string required
//	event order.placed 1 user_id string
//
// These are kind, name, version (- if there is none), path, type and attributes. The path "." is
// the value as a whole; a path goes on behind [] in elements of slices and arrays, and behind {} in
// values of maps. Names with other characters than letters, digits, _ and - are in quotes.
//
// Types are called as in Go, except for what has no name there: struct, time (time.Time), number
// (json.Number), raw (json.RawMessage), any, and opaque:NAME for a type that is read and written by
// methods of its own. "@PATH" is the struct at that path, which the value is a part of. A type
// followed by ",string" is in quotes on the wire, as encoding/json's option has it.
package lock
