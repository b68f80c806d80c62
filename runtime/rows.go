package brook

import (
	"fmt"
	"strconv"
)

// Rows is one collection in a transaction: the view that handlers read, and where their changes go.
// Generated code uses it.
type Rows[K comparable, V any] struct {
	View View[K, V] // for code generated before Lend: it knows nothing of the handler's end
	at   *place     // the view's, where many changes can point at it
	tx   *Tx
}

// RowsOf gives the collection that is number ordinal of its package. Generated code uses it.
//
//go:noinline
func RowsOf[K comparable, V any](tx *Tx, ordinal int, def *Collection[K, V]) Rows[K, V] {
	at := placeOf(tx, ordinal, def)
	return Rows[K, V]{View[K, V]{def, at}, &at, tx}
}

// Apply applies changes in order. What is wrong with one fails the handler set that runs.
//
//go:noinline
func (r Rows[K, V]) Apply(changes ...Change[K, V]) {
	r.tx.ended()
	for i := range changes {
		c := &changes[i]
		if c.op == OpDiscard || r.tx.over() {
			continue
		}
		r.tx.buf = r.View.def.AppendKey(r.tx.buf[:0], c.key)
		w, ok := r.tx.open(r.at, c.op)
		if !ok {
			continue
		}
		at, key := c.value, r.View.def.Key
		if c.op == OpMerge {
			if at, _ = w.value.(*V); at == nil {
				at = new(V)
				if key != nil {
					*key(at) = c.key
				}
			}
			r.tx.relend()
			c.merge(at)
			r.tx.ended()
		}
		if c.op == OpCreate && r.View.def.Clone == nil {
			own := *c.value // the change may be used again
			at = &own
		}
		if at != nil && key != nil && *key(at) != c.key {
			r.tx.mismatch(w, *key(at))
			continue
		}
		w.value = at
		r.tx.write(w)
	}
}

// writing is a change of one row under way.
type writing struct {
	at    *place
	op    Op
	cell  *cell
	value any // what is to be stored
}

// over reports whether the set that runs has failed already.
func (tx *Tx) over() bool { return tx.failed != nil || tx.strayed || tx.fault != nil }

// open prepares a change of the row whose key is in tx.buf: what a merge works on is its own copy.
func (tx *Tx) open(at *place, op Op) (w writing, ok bool) {
	if !tx.may(tx.buf) {
		return w, false
	}
	c := tx.rows[at.slot].at(tx.buf)
	if op == OpMerge || len(tx.lay.index[at.ord]) > 0 {
		if err := tx.load(c); err != nil {
			return w, false // it is noted as the store's fault
		}
	}
	fresh := c.saved != tx.savings
	if fresh {
		c.saved = tx.savings
		tx.undo = append(tx.undo, undo{c, c.contents})
	}
	w = writing{at: at, op: op, cell: c}
	if op != OpMerge {
		return w, true
	}
	var err error
	if w.value = c.value; w.value != nil && fresh {
		w.value, err = at.def.copied(c.value, c.spare)
		c.spare = nil
	}
	return w, tx.check(&w, err)
}

// write puts the changed value into the overlay, in the form that a store would keep.
func (tx *Tx) write(w writing) {
	c := w.cell
	if w.op == OpDelete {
		c.value, c.history, c.entry, c.clear = nil, nil, nil, true
		c.known, c.dirty = true, true
		return
	}
	value, err := w.at.def.stored(w.value)
	if !tx.check(&w, err) {
		return
	}
	if value != w.value && w.op == OpMerge {
		c.spare = w.value // the copy that the merge worked on
	}
	c.value, c.known, c.dirty = value, true, true
	if tx.lay.collections[w.at.ord].history {
		tx.check(&w, tx.remember(c))
	}
}

// mismatch fails the set that runs because a value does not carry the key that it is stored at.
func (tx *Tx) mismatch(w writing, key any) {
	if s, ok := key.(string); ok {
		key = strconv.Quote(s)
	}
	tx.check(&w, fmt.Errorf("the value's key field is %+v", key))
}

// check fails the set that runs where err is not nil.
func (tx *Tx) check(w *writing, err error) bool {
	if err != nil && tx.failed == nil {
		tx.failed = fmt.Errorf("brook: %s of %s at key %s: %w", w.op, w.at.def.info().name, w.at.def.keyText(w.cell.key), err)
	}
	return err == nil
}

// load makes sure that c holds what the store has.
func (tx *Tx) load(c *cell) error {
	if c.known {
		return nil
	}
	v, err := tx.read(c.slot, c.key)
	switch {
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
