package brook

import "fmt"

// Rows is one collection in a transaction: the view that handlers read, and where their changes go.
// Generated code uses it.
type Rows[K comparable, V any] struct {
	View[K, V]
	tx *Tx
}

// RowsOf gives the collection that is number ordinal of its package.
func RowsOf[K comparable, V any](tx *Tx, ordinal int, def *Collection[K, V]) Rows[K, V] {
	return Rows[K, V]{viewOf(source(tx), ordinal, def), tx}
}

// Apply applies changes in order. What is wrong with one fails the handler set that runs.
func (r Rows[K, V]) Apply(changes ...Change[K, V]) {
	for i := range changes {
		if r.tx.failed != nil || r.tx.strayed || r.tx.fault != nil {
			return
		}
		if changes[i].op != OpDiscard {
			if err := r.apply(&changes[i]); err != nil {
				r.tx.failed = err
			}
		}
	}
}

func (r Rows[K, V]) apply(change *Change[K, V]) error {
	buf := keyBuffers.Get().(*[]byte)
	encoded := r.def.AppendKey((*buf)[:0], change.key)
	defer func() {
		*buf = encoded
		keyBuffers.Put(buf)
	}()
	if !r.tx.may(encoded) {
		return errStray
	}
	c := r.tx.rows[r.slot].at(encoded)
	if change.op == OpMerge || len(r.def.Indexes) > 0 {
		if err := r.load(c); err != nil {
			return err
		}
	}
	fresh := c.saved != r.tx.savings
	if fresh {
		c.saved = r.tx.savings
		r.tx.undo = append(r.tx.undo, undo{c, *c})
	}
	switch change.op {
	case OpCreate:
		value, err := r.stored(change.value)
		if err != nil {
			return r.wrong(change, err)
		}
		if err := r.keyed(value, change); err != nil {
			return err
		}
		c.value = value
	case OpMerge:
		value, err := r.copied(c, change.key, fresh)
		if err != nil {
			return r.wrong(change, err)
		}
		change.merge(value)
		if err := r.keyed(value, change); err != nil {
			return err
		}
		if value, err = r.stored(value); err != nil {
			return r.wrong(change, err)
		}
		c.value = value
	case OpDelete:
		c.value, c.history, c.entry, c.clear = nil, nil, nil, true
	}
	c.known, c.dirty = true, true
	if r.def.History && change.op != OpDelete {
		return r.tx.remember(c)
	}
	return nil
}

// load makes sure that c holds what the store has.
func (r Rows[K, V]) load(c *cell) error {
	if c.known {
		return nil
	}
	v, err := r.tx.reader.Get(r.tx.ctx, r.tx.tables[r.slot], c.key)
	switch err = r.tx.note(err); {
	case err == ErrNotFound:
		c.value = nil
	case err != nil:
		return err
	default:
		c.value = v.Data
	}
	c.known = true
	return nil
}

// copied gives the value of c that a merge may work on: the one of this savepoint, else a copy.
func (r Rows[K, V]) copied(c *cell, key K, fresh bool) (*V, error) {
	old, _ := c.value.(*V)
	if old == nil {
		value := new(V)
		if r.def.Key != nil {
			*r.def.Key(value) = key
		}
		return value, nil
	}
	if !fresh {
		return old, nil
	}
	value, _ := c.spare.(*V)
	if value == nil {
		value = new(V)
	}
	c.spare = nil
	if r.def.Clone == nil {
		*value = *old
		return value, nil
	}
	*value = *new(V)
	return value, r.def.Clone(value, old)
}

// stored gives what a store would keep of value, which shares nothing with what the handler holds.
func (r Rows[K, V]) stored(value *V) (*V, error) {
	if r.def.Clone == nil {
		return value, nil
	}
	own := new(V)
	return own, r.def.Clone(own, value)
}

// keyed checks that a value carries the key that it is stored at.
func (r Rows[K, V]) keyed(value *V, change *Change[K, V]) error {
	if r.def.Key == nil || *r.def.Key(value) == change.key {
		return nil
	}
	return fmt.Errorf("brook: %s of %s at key %v: the value's key field is %v", change.op, r.def.Name, quoted(change.key), quoted(*r.def.Key(value)))
}

func (r Rows[K, V]) wrong(change *Change[K, V], err error) error {
	return fmt.Errorf("brook: %s of %s at key %v: %w", change.op, r.def.Name, quoted(change.key), err)
}
