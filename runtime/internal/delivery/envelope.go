package delivery

import (
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
)

// Tombstone reports whether a record is a tombstone.
func Tombstone(e brook.Envelope, r *brook.Record) bool {
	if r.Value != nil {
		return false
	}
	c, ok := e.(brook.TombstoneChecker)
	return !ok || c.IsTombstone(r)
}

// Unkeyed reports whether the envelope says that the keys of its records are not those of its
// events.
func Unkeyed(e brook.Envelope) bool {
	u, ok := e.(brook.Unkeyed)
	return ok && u.Unkeyed()
}

// IsBare reports whether the envelope takes whatever a topic holds for a payload, so that anything
// else would be an event of zero values.
func IsBare(e brook.Envelope) bool {
	b, ok := e.(brook.Bare)
	return ok && b.Bare()
}

// untyped reports whether an error of Open says that the type it found can't be relied on.
func untyped(err error) bool {
	var u interface{ Untyped() bool }
	return errors.As(err, &u) && u.Untyped()
}
