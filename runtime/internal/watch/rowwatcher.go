package watch

import (
	"slices"
	"sync"

	brook "github.com/brookgen/brookgen/runtime"
)

// rowWatcher receives the changes of one row. It holds the latest one that was not taken.
type rowWatcher struct {
	subscription
	key []byte

	mu      sync.Mutex // guards all below
	changed bool       // there is something to take
	value   any
	stale   bool
	missed  bool
	closed  bool // the hub is
}

var _ brook.Watcher = (*rowWatcher)(nil)

// Key returns the encoded key of the row.
func (w *rowWatcher) Key() []byte { return w.key }

// Take returns the row with its latest value if it changed since the last call, whether changes
// were missed, and whether the hub is closed.
func (w *rowWatcher) Take() (rows []brook.Watched, missed, closed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.changed {
		rows = []brook.Watched{{Key: w.key, Value: w.value, Stale: w.stale}}
	}
	missed, closed = w.missed, w.closed
	w.changed, w.value, w.missed = false, nil, false
	return rows, missed, closed
}

// Close ends the watching, and drops what was not taken. It may be called more than once.
func (w *rowWatcher) Close() {
	h := w.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if !w.over() {
		return
	}
	h.n.Add(-1)
	at, is := string(w.key), func(other *rowWatcher) bool { return other == w }
	if rest := slices.DeleteFunc(w.table.rows[at], is); len(rest) > 0 {
		w.table.rows[at] = rest
	} else {
		delete(w.table.rows, at)
	}
	w.Take()
}

// offer makes a value what is to be taken.
func (w *rowWatcher) offer(value any, stale bool) {
	w.mu.Lock()
	w.changed, w.value, w.stale = true, value, stale
	w.mu.Unlock()
	w.signal()
}

// miss drops what is to be taken: it is out of date.
func (w *rowWatcher) miss() {
	w.mu.Lock()
	w.changed, w.value, w.missed = false, nil, true
	w.mu.Unlock()
	w.signal()
}

// end says that the hub is closed.
func (w *rowWatcher) end() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.signal()
}
