package brook

import "fmt"

// Change is what a handler does to the row at one key of a collection. The zero Change does
// nothing. [Create], [Insert], [Merge], [Modify] and [Delete] make changes. A Change never changes
// itself: it can be applied again, and be used by several goroutines if its function can.
type Change[K comparable, V any] struct {
	op    Op
	key   K
	value *V
	merge func(*V) // of a Merge or a Modify, else nil
}

// Op is what a [Change] does.
type Op uint8

// The operations of a change.
const (
	OpDiscard Op = iota // does nothing
	OpCreate            // stores a value, see [Create]
	OpMerge             // calls a function on the value, see [Merge]
	OpDelete            // removes the row, see [Delete]
	OpModify            // calls a function on the value if there is one, see [Modify]
	OpInsert            // stores a value if there is none, see [Insert]
)

// String returns discard, create, merge, delete, modify or insert.
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
	case OpModify:
		return "modify"
	case OpInsert:
		return "insert"
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

// Insert returns the change that stores value at key if there is no value, and does nothing if
// there is one: the row and its history stay as they are. Either way the row is read. If values
// carry their key, value must carry this one, or the handler set fails, even if there is a value.
func Insert[K comparable, V any](key K, value V) Change[K, V] {
	return Change[K, V]{op: OpInsert, key: key, value: &value}
}

// Modify returns the change that calls modify on the value at key and stores the result, and does
// nothing if there is no value: no row and no history come into being. Either way the row is read.
// What holds for the function of a [Merge] holds for modify. Modify panics if modify is nil.
func Modify[K comparable, V any](key K, modify func(*V)) Change[K, V] {
	if modify == nil {
		panic("brook: Modify with a nil function")
	}
	return Change[K, V]{op: OpModify, key: key, merge: modify}
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
	if present {
		*value = old
	}
	switch {
	case c.op == OpDelete:
		return *new(V), false
	case c.op == OpCreate, c.op == OpInsert && !present:
		return *c.value, true
	case c.op == OpMerge, c.op == OpModify && present:
		c.merge(value)
		return *value, true
	}
	return *value, present
}
