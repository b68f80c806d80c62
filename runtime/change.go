package brook

import "fmt"

// Change is what a handler does to one key of a collection. The zero Change does nothing.
// Changes are made by [Create], [Merge] and [Delete].
type Change[K comparable, V any] struct {
	op    Op
	key   K
	value *V
	merge func(*V)
}

// Op is what a [Change] does.
type Op uint8

// What a change can do.
const (
	OpDiscard Op = iota // nothing
	OpCreate
	OpMerge
	OpDelete
)

// String gives discard, create, merge or delete.
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

// Create stores value at key, whatever was there.
func Create[K comparable, V any](key K, value V) Change[K, V] {
	return Change[K, V]{op: OpCreate, key: key, value: &value}
}

// Merge folds into the value at key, or into the zero value (its key field set) where there is none.
// The function must depend on nothing but the value and what it captured, and may run more than once. One that does nothing
// makes sure that there is a value.
func Merge[K comparable, V any](key K, merge func(*V)) Change[K, V] {
	if merge == nil {
		panic("brook: Merge of a nil function")
	}
	return Change[K, V]{op: OpMerge, key: key, merge: merge}
}

// Delete removes the value at key and its history. It does nothing where there is none.
func Delete[V any, K comparable](key K) Change[K, V] { return Change[K, V]{op: OpDelete, key: key} }

// Key gives the key that c is about.
func (c Change[K, V]) Key() K { return c.key }

// Op tells what c does.
func (c Change[K, V]) Op() Op { return c.op }

// Apply gives what c makes of old: the new value, and whether there is one. The old value counts
// where present is true. It is for unit tests of handlers; the runtime sets the key field of what a
// Merge starts from, which Apply can't know.
func (c Change[K, V]) Apply(old V, present bool) (V, bool) {
	var zero V
	switch c.op {
	case OpCreate:
		return *c.value, true
	case OpMerge:
		if !present {
			old = zero
		}
		c.merge(&old)
		return old, true
	case OpDelete:
		return zero, false
	}
	return old, present
}
