package brook

// Rows is one collection in a transaction: the view that handlers read, and the door for their
// changes. It is for the goroutine of the transaction. Generated code uses it.
type Rows[K comparable, V any] struct {
	View View[K, V] // for code generated before Lend: it does not end with the handler
	tx   Transaction
}

// RowsOf returns the collection that is number ordinal of its package. Generated code uses it.
//
//go:noinline
func RowsOf[K comparable, V any](tx Transaction, ordinal int, def *Collection[K, V]) Rows[K, V] {
	return Rows[K, V]{View[K, V]{def, readerOf(tx, ordinal, def)}, tx}
}

// Lend returns the view for the handler that is called next. It ends when the handler returns; only
// merge functions that the handler returned may use it after that.
func (r Rows[K, V]) Lend() View[K, V] {
	v := r.View
	v.at.lent = r.tx.Lend()
	return v
}

// Apply applies changes in order. A change that can't be applied fails the handler set that runs,
// and the changes after it are not applied.
//
//go:noinline
func (r Rows[K, V]) Apply(changes ...Change[K, V]) {
	r.tx.Returned()
	def := r.View.def
	for i := range changes {
		c := &changes[i]
		if c.op == OpDiscard || r.tx.Failed() {
			continue
		}
		encoded := def.AppendKey(r.tx.KeyBuffer(), c.key)
		w, ok := r.tx.Open(r.View.at.def, r.View.at.ord, c.op, encoded)
		if !ok {
			continue
		}
		at, key := c.value, def.Key
		if c.op == OpMerge {
			if at, _ = w.Value.(*V); at == nil {
				at = new(V)
				if key != nil {
					*key(at) = c.key
				}
			}
			r.tx.Relend()
			c.merge(at)
			r.tx.Returned()
		}
		if c.op == OpCreate && def.Clone == nil {
			own := *c.value // the change may be used again
			at = &own
		}
		if at != nil && key != nil && *key(at) != c.key {
			r.tx.Mismatch(w, *key(at))
			continue
		}
		w.Value = at
		r.tx.Write(w)
	}
}
