package typed

import brook "github.com/brookgen/brookgen/runtime"

// Rows is a collection in a transaction that nothing was generated for.
type Rows[K comparable, V any] struct {
	rows *brook.Rows
	def  *Collection[K, V]
}

// RowsOf returns the collection that is number ordinal of its package.
func RowsOf[K comparable, V any](
	tx brook.Transaction, ordinal int, def *Collection[K, V],
) Rows[K, V] {
	return Rows[K, V]{brook.RowsOf(tx, ordinal, def.Def()), def}
}

// Lend returns the view for the handler that is called next.
func (r Rows[K, V]) Lend() View[K, V] { return View[K, V]{r.rows.Lend(), r.def} }

// Apply applies changes in order.
func (r Rows[K, V]) Apply(changes ...brook.Change[K, V]) {
	brook.Apply(r.rows, r.def.AppendKey, changes...)
}
