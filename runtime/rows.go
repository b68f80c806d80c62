package brook

// Rows is one collection in a transaction: where the views of handlers come from, and the door for
// their changes. It is for the goroutine of the transaction. Generated code uses it.
type Rows struct {
	place place
	tx    Transaction
	loans []RowReader // to be lent

	change RowChange // the one under way
}

// loansAtOnce is how many readers are allocated together: what was lent is never lent again.
const loansAtOnce = 64

// RowsOf returns the collection that is number ordinal of its package. Generated code uses it.
func RowsOf(tx Transaction, ordinal int, def *Collection) *Rows {
	return &Rows{place: placeOf(tx, ordinal, def), tx: tx}
}

// Lend returns a reader for the handler that is called next. It ends when the handler returns; only
// merge functions that the handler returned may use it after that.
func (r *Rows) Lend() *RowReader {
	if len(r.loans) == 0 {
		r.loans = make([]RowReader, loansAtOnce)
	}
	lent := &r.loans[0]
	r.loans = r.loans[1:]
	lent.place, lent.lent = &r.place, r.tx.Lend()
	return lent
}

// open prepares the change of the row at an encoded key: the value of a Create or an Insert, which
// is a *V, or the one that a Merge or a Modify begins with. It returns the key field of a new
// value, a *K, if it is to be set. It reports false if there is nothing to be done, or the set
// failed.
//
//go:noinline
func (r *Rows) open(op Op, encoded []byte, created any) (newKey any, ok bool) {
	def := r.place.def
	if r.change, ok = r.tx.Open(def, r.place.ord, op, encoded); !ok {
		return nil, false
	}
	switch {
	case op == OpCreate || op == OpInsert:
		if r.change.Value = created; def.Plain { // the change may be used again
			r.change.Value, _ = def.Copied(created, nil)
		}
	case op == OpMerge && r.change.Value == nil:
		r.change.Value = def.Cast(nil)
		newKey = r.key()
	}
	return newKey, true
}

// key returns the key field of the changed value, a *K, or nil if there is none.
//
//go:noinline
func (r *Rows) key() any {
	if r.change.Value == nil || r.place.def.Key == nil {
		return nil
	}
	return r.place.def.Key(r.change.Value)
}

// begin begins with a change, and reports whether it is to be applied.
//
//go:noinline
func (r *Rows) begin(op Op) (key []byte, ok bool) {
	r.tx.Returned()
	if op == OpDiscard || r.tx.Failed() {
		return nil, false
	}
	return r.tx.KeyBuffer(), true
}

// lendAgain begins the call of a merge function with the value that it returns.
//
//go:noinline
func (r *Rows) lendAgain() any {
	r.tx.Relend()
	return r.change.Value
}

// returned ends the call of a merge function.
//
//go:noinline
func (r *Rows) returned() { r.tx.Returned() }

// write ends the change. The value carries the key of its row, or another one, which fails the set.
//
//go:noinline
func (r *Rows) write(other []byte) {
	if other != nil {
		r.tx.Mismatch(r.change, other)
		return
	}
	r.tx.Write(r.change)
}

// Apply applies changes in order. A change that can't be applied fails the handler set that runs,
// and the changes after it are not applied. It is compiled for each collection of each user.
// Generated code uses it.
//
//go:noinline
func Apply[K comparable, V any](
	r *Rows, appendKey func(dst []byte, key K) []byte, changes ...Change[K, V],
) {
	r.returned() // even if there is no change
	for i := range changes {
		c := &changes[i]
		encoded, ok := r.begin(c.op)
		if !ok {
			continue
		}
		newKey, ok := r.open(c.op, appendKey(encoded, c.key), c.value)
		if !ok {
			continue
		}
		if at, ok := newKey.(*K); ok {
			*at = c.key
		}
		if c.merge != nil {
			c.merge(r.lendAgain().(*V))
			r.returned()
		}
		var other []byte
		if at, ok := r.key().(*K); ok && *at != c.key {
			other = appendKey(nil, *at)
		}
		r.write(other)
	}
}
