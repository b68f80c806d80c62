package brooktest

import (
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
)

// Apply returns the rows after a handler's changes, in order and by the rules of stores: a merge of
// a row that does not exist starts with the zero value, with its field tagged brook:"key" set; a
// modify of one does nothing. The given rows stay as they are. Apply panics if K or V can't be a
// collection's.
func Apply[K comparable, V any](rows map[K]V, changes ...brook.Change[K, V]) map[K]V {
	keys := keyFieldOf[K, V]()
	after := map[K]V{}
	keep := func(key K, value V) {
		var own V
		if err := clone(&own, &value); err != nil {
			panic(fmt.Sprintf("brooktest: Apply: row %v: %v", key, err))
		}
		keys.fill(&own, key)
		after[key] = own
	}
	for key, value := range rows {
		keep(key, value)
	}
	for _, c := range changes {
		if c.Op() == brook.OpDiscard {
			continue
		}
		old, present := after[c.Key()]
		if !present && c.Op() == brook.OpMerge {
			present = true
			keys.fill(&old, c.Key())
		}
		if value, present := c.Apply(old, present); present {
			keep(c.Key(), value)
		} else {
			delete(after, c.Key())
		}
	}
	return after
}
