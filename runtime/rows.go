package brook

// Transaction is where the changes of the handlers of one event go: an overlay over what is committed. Package engine implements it.
type Transaction interface {
	Source
	// Lend lends views to the handler that is called next, and returns the number under which it does.
	Lend() uint64
	// Returned ends the use of what was lent: the handler returned. It is called before the transaction is touched again.
	Returned()
	// Relend lets a merge function of the handler set that runs use what was lent to its handler, until Returned.
	Relend()
	// Failed reports whether the set that runs has failed already: nothing more of it counts.
	Failed() bool
	// KeyBuffer returns what the key of the next change is encoded in.
	KeyBuffer() []byte
	// Open prepares a change of the row at a key. What a merge works on is its own copy.
	Open(collection AnyCollection, ordinal int, op Op, key []byte) (change RowChange, ok bool)
	// Write takes the changed value, in the form that a store would keep.
	Write(change RowChange)
	// Mismatch fails the set that runs because a value does not carry the key that it is stored at.
	Mismatch(change RowChange, key any)
}

// RowChange is a change of one row under way. Package engine uses it.
type RowChange struct {
	Collection AnyCollection
	Ordinal    int // of the collection
	Op         Op
	Row        any // the transaction's own
	Value      any // what is to be stored: a *V
}

// Rows is one collection in a transaction: the view that handlers read, and where their changes go.
// Generated code uses it.
type Rows[K comparable, V any] struct {
	View View[K, V] // for code generated before Lend: it knows nothing of the handler's end
	tx   Transaction
}

// RowsOf gives the collection that is number ordinal of its package. Generated code uses it.
//
//go:noinline
func RowsOf[K comparable, V any](tx Transaction, ordinal int, def *Collection[K, V]) Rows[K, V] {
	return Rows[K, V]{View[K, V]{def, placeOf(tx, ordinal, def)}, tx}
}

// Lend gives the view for the handler that is called next. Its use ends when the handler returns, but for
// Merge functions that the handler gave, which may go on using it.
func (r Rows[K, V]) Lend() View[K, V] {
	v := r.View
	v.at.lent = r.tx.Lend()
	return v
}

// Apply applies changes in order. What is wrong with one fails the handler set that runs.
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
		w, ok := r.tx.Open(r.View.at.def, r.View.at.ord, c.op, def.AppendKey(r.tx.KeyBuffer(), c.key))
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
