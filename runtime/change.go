package brook

import "fmt"

// Change is what a handler does to the row at one key of a collection. The zero Change does
// nothing. [Create], [Merge] and [Delete] make changes. A Change never changes itself: it can be
// applied again, and be used by several goroutines if its merge function can.
type Change[K comparable, V any] struct {
	op    Op
	key   K
	value *V
	merge func(*V)
}

// Op is what a [Change] does.
type Op uint8

// The operations of a change.
const (
	OpDiscard Op = iota // does nothing
	OpCreate            // stores a value, see [Create]
	OpMerge             // calls a function on the value, see [Merge]
	OpDelete            // removes the row, see [Delete]
)

// String returns discard, create, merge or delete.
func (o Op) String() string {
	switch o {
	case OpDiscard:
		return "discard"
	case OpCreate:
		return "create"
	case OpMerge:
		return "merge"
	case OpDelete:
		return "delete"
	}
	return fmt.Sprintf("Op(%d)", uint8(o))
}

// Create returns the change that stores value at key, whether or not there is a value. If values
// carry their key, value must carry this one, or the handler set fails. The runtime copies value
// when it applies the change.
func Create[K comparable, V any](key K, value V) Change[K, V] {
	return Change[K, V]{op: OpCreate, key: key, value: &value}
}

// Merge returns the change that calls merge on the value at key, or on the zero value (its key
// field set) if there is none, and stores the result. merge must depend on nothing but the value
// and what it captured, must not keep its argument, and may run more than once. A merge that does
// nothing makes sure that there is a value. Merge panics if merge is nil.
func Merge[K comparable, V any](key K, merge func(*V)) Change[K, V] {
	if merge == nil {
		panic("brook: Merge of a nil function")
	}
	return Change[K, V]{op: OpMerge, key: key, merge: merge}
}

// Delete returns the change that removes the value at key and its history. It does nothing if there
// is no value.
func Delete[V any, K comparable](key K) Change[K, V] { return Change[K, V]{op: OpDelete, key: key} }

// Key returns the key of the row that c changes.
func (c Change[K, V]) Key() K { return c.key }

// Op returns what c does.
func (c Change[K, V]) Op() Op { return c.op }

// Apply returns the value that c makes of old, and whether there is one. It ignores old unless
// present is true. Apply is for unit tests of handlers: unlike the runtime, it does not set the key
// field of the zero value that a Merge starts from, because it does not know which field that is.
//
//go:noinline
func (c Change[K, V]) Apply(old V, present bool) (V, bool) {
	value := new(V)
	if present && (c.op == OpMerge || c.op == OpDiscard) {
		*value = old
	}
	switch c.op {
	case OpCreate:
		value, present = c.value, true
	case OpMerge:
		c.merge(value)
		present = true
	case OpDelete:
		present = false
	}
	return *value, present
}
