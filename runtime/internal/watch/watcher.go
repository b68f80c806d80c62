package watch

import (
	"bytes"
	"context"
	"slices"
	"sync"

	brook "github.com/brookgen/brookgen/runtime"
)

// capacity is how many changed rows a watcher holds that were not taken yet, before it misses some.
const capacity = 1024

// Watcher receives the changes of a table, or of one row of it. It implements brook.Watcher.
type Watcher struct {
	hub   *Hub
	slot  int
	key   []byte        // nil: all rows
	ready chan struct{} // holds a token if there may be something to take
	stop  func() bool   // ends the wait for the context; nil: closed; guarded by hub.mu

	mu     sync.Mutex // guards all below
	rows   []brook.Watched
	at     map[string]int // index in rows, by key
	missed bool
	closed bool // the hub is
}

var _ brook.Watcher = (*Watcher)(nil)

func newWatcher(h *Hub, slot int, key []byte) *Watcher {
	return &Watcher{
		hub: h, slot: slot, key: key, ready: make(chan struct{}, 1), at: map[string]int{},
	}
}

// Key returns the encoded key of the row that is watched, nil if it is all rows.
func (w *Watcher) Key() []byte { return w.key }

// Wait waits until there may be something to take. It returns false if ctx ended first.
func (w *Watcher) Wait(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	default:
	}
	select {
	case <-ctx.Done():
		return false
	case <-w.ready:
		return true
	}
}

// Take returns the rows that changed since the last call, each once with its latest value, whether
// changes were missed, and whether the hub is closed.
func (w *Watcher) Take() (rows []brook.Watched, missed, closed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	rows, missed, closed = w.rows, w.missed, w.closed
	w.rows, w.missed = nil, false
	clear(w.at)
	return rows, missed, closed
}

// Close ends the watching. It may be called more than once.
func (w *Watcher) Close() {
	h := w.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if w.stop == nil {
		return
	}
	w.stop()
	w.stop = nil
	h.n.Add(-1)
	t := h.tables[w.slot]
	is := func(other *Watcher) bool { return other == w }
	if w.key == nil {
		t.all = slices.DeleteFunc(t.all, is)
	} else if rest := slices.DeleteFunc(t.keys[string(w.key)], is); len(rest) > 0 {
		t.keys[string(w.key)] = rest
	} else {
		delete(t.keys, string(w.key))
	}
}

// offer adds a row to what is to be taken. A row that is there gets the latest value.
func (w *Watcher) offer(key []byte, value any, stale bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if i, ok := w.at[string(key)]; ok {
		w.rows[i].Value, w.rows[i].Stale = value, stale
	} else if len(w.rows) < capacity {
		w.at[string(key)] = len(w.rows)
		w.rows = append(w.rows, brook.Watched{Key: bytes.Clone(key), Value: value, Stale: stale})
	} else {
		w.missed = true
	}
	w.signal()
}

// miss drops what is to be taken: it is out of date, and more than it is.
func (w *Watcher) miss() {
	w.mu.Lock()
	w.rows, w.missed = nil, true
	clear(w.at)
	w.mu.Unlock()
	w.signal()
}

// end says that the hub is closed.
func (w *Watcher) end() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.signal()
}

// signal wakes Wait, or its next call.
func (w *Watcher) signal() {
	select {
	case w.ready <- struct{}{}:
	default:
	}
}
