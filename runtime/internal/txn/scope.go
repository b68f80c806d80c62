package txn

import (
	"bytes"
	"errors"

	"github.com/brookgen/brookgen/runtime/key"
)

// ErrCrossKey is returned by reads outside the event's scope, so that its handler fails early: the
// event has to run alone.
var ErrCrossKey = errors.New("brook: the key does not begin with the event's key")

// Confined reports whether the event may only touch rows whose keys begin with its own.
func (tx *Tx) Confined() bool { return tx.scope != nil }

// Confine sets the prefix that the keys of the event must have. The transaction keeps the slice:
// the caller must not change it before the next event.
func (tx *Tx) Confine(prefix []byte) { tx.scope = prefix }

// CrossKey reports whether the event touched a key outside its scope, and so has to run alone.
func (tx *Tx) CrossKey() bool { return tx.crossKey }

// SetCrossKey sets what CrossKey reports.
func (tx *Tx) SetCrossKey(to bool) { tx.crossKey = to }

// inScope reports whether the event may touch a key. If not, it marks the event as cross-key.
func (tx *Tx) inScope(key []byte) bool {
	if tx.scope == nil || bytes.HasPrefix(key, tx.scope) {
		return true
	}
	tx.crossKey = true
	return false
}

// rangeInScope is inScope for all keys with from <= key < to.
func (tx *Tx) rangeInScope(from, to []byte) bool {
	if tx.scope == nil {
		return true
	}
	end := key.Successor(tx.scope)
	if bytes.HasPrefix(from, tx.scope) && (end == nil || to != nil && bytes.Compare(to, end) <= 0) {
		return true
	}
	tx.crossKey = true
	return false
}
