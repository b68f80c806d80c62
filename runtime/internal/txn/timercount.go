package txn

import "github.com/brookgen/brookgen/runtime/internal/timers"

// waiting knows which timers waited in the store before the batch, of those that it touched: so the
// commit says how many more there are.
type waiting struct {
	before map[string]bool // by the key of the row; nil: none was touched
}

// found notes what the store has of the row of a timer, nil if there is none.
func (w *waiting) found(key, raw []byte) {
	if !timers.RowWaits(raw) {
		return
	}
	if w.before == nil {
		w.before = map[string]bool{}
	}
	w.before[string(key)] = true
}

// TimersAdded returns how many more timers wait once the batch is committed; fewer if it is less
// than 0.
func (tx *Tx) TimersAdded() (n int) {
	if !tx.layout.Timed {
		return 0
	}
	for key, value := range tx.Overlay.Changed(tx.layout.Timers) {
		if raw, _ := value.([]byte); timers.RowWaits(raw) {
			n++
		}
		if tx.waiting.before[string(key)] {
			n--
		}
	}
	return n
}
