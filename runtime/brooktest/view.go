package brooktest

import (
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/typed"
)

// View returns a view of rows, for calling a handler as a plain function. It is a real view in
// every respect: its order is that of the keys in stores, and values are copied on their way in and
// out, so that nothing changes whatever the handler does with them. The field tagged brook:"key" is
// filled from the map's key if it is zero. View panics if K or V can't be a collection's.
func View[K comparable, V any](rows map[K]V) brook.View[K, V] {
	t, err := newTable(rows)
	if err == nil {
		var v typed.View[K, V]
		if v, err = t.view(); err == nil {
			return v
		}
	}
	panic(fmt.Sprintf("brooktest: View: %v", err))
}
