package txn

import (
	"bytes"
	"errors"

	"github.com/brookgen/brookgen/runtime/key"
)

// ErrCrossKey is returned by reads outside the event's scope, so that its handler fails early: the
// event has to run alone.
var ErrCrossKey = errors.New("brook: the key does not begin with the event's key")

// Scope is which rows an event may touch: beside other tasks only those whose keys begin with its
// own. The zero Scope is of all rows.
type Scope struct {
	prefix   []byte // that keys of the event must have; nil: any key will do
	crossKey bool   // the event touched a key outside its scope
}

// Confined reports whether the event may only touch rows whose keys begin with its own.
func (s *Scope) Confined() bool { return s.prefix != nil }

// Confine sets the prefix that the keys of the event must have. The scope keeps the slice: the
// caller must not change it before the next event.
func (s *Scope) Confine(prefix []byte) { s.prefix = prefix }

// CrossKey reports whether the event touched a key outside its scope, and so has to run alone.
func (s *Scope) CrossKey() bool { return s.crossKey }

// SetCrossKey sets what CrossKey reports.
func (s *Scope) SetCrossKey(to bool) { s.crossKey = to }

// Holds reports whether the event may touch a key. If not, it marks the event as cross-key.
func (s *Scope) Holds(key []byte) bool {
	if s.prefix == nil || bytes.HasPrefix(key, s.prefix) {
		return true
	}
	s.crossKey = true
	return false
}

// HoldsRange is Holds for all keys with from <= key < to.
func (s *Scope) HoldsRange(from, to []byte) bool {
	if s.prefix == nil {
		return true
	}
	end := key.Successor(s.prefix)
	if bytes.HasPrefix(from, s.prefix) && (end == nil || to != nil && bytes.Compare(to, end) <= 0) {
		return true
	}
	s.crossKey = true
	return false
}
