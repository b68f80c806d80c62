// Package watch passes committed changes of rows on to those who watch them. The app
// makes one Hub. Tasks publish in it what they commit, views of users subscribe. Any goroutine may
// call anything in it.
//
// Lock order: the mutex of the hub guards who watches what; under it is taken that of a watcher,
// which guards what that has not seen yet. Both are held for a moment only: a watcher that is slow
// misses changes, and holds up nobody.
package watch

import (
	"context"
	"iter"
	"sync"
	"sync/atomic"
)

// Hub knows who watches which rows. NewHub makes one.
type Hub struct {
	n      atomic.Int64   // watchers, so that a commit costs nothing if there are none
	mu     sync.Mutex     // guards all below
	tables map[int]*table // by slot; only those that somebody ever watched
	closed bool

	// Remote says that the store announces all changes, so that Publish is to do nothing. It is set
	// before the hub is used.
	Remote bool
}

// table is who watches one table.
type table struct {
	all  []*Watcher            // all of its rows
	keys map[string][]*Watcher // one row, by key
}

// NewHub returns a hub that nobody watches.
func NewHub() *Hub { return &Hub{tables: map[int]*table{}} }

// Subscribe begins to watch the row at a key of a table, or all of its rows if key is nil. The
// watching ends with ctx, or when the watcher or the hub is closed. The caller must not change key
// any more.
func (h *Hub) Subscribe(ctx context.Context, slot int, key []byte) *Watcher {
	w := newWatcher(h, slot, key)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		w.end()
		return w
	}
	t := h.tables[slot]
	if t == nil {
		t = &table{keys: map[string][]*Watcher{}}
		h.tables[slot] = t
	}
	if key == nil {
		t.all = append(t.all, w)
	} else {
		t.keys[string(key)] = append(t.keys[string(key)], w)
	}
	h.n.Add(1)
	w.stop = context.AfterFunc(ctx, w.Close) // even if nobody ranges over the changes
	return w
}

// Publish passes the rows that a commit wrote on to those who watch them. changed returns those of
// a table, with nil for the value of a row that was deleted; their keys are copied.
func (h *Hub) Publish(changed func(slot int) iter.Seq2[[]byte, any]) {
	if h.n.Load() == 0 || h.Remote {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for slot, t := range h.tables {
		for key, value := range changed(slot) {
			t.offer(key, value, false)
		}
	}
}

// Announce tells those who watch a row that another process may have written it.
func (h *Hub) Announce(slot int, key []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if t := h.tables[slot]; t != nil {
		t.offer(key, nil, true)
	}
}

// Gap tells all watchers that they missed changes.
func (h *Hub) Gap() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for w := range h.watchers {
		w.miss()
	}
}

// Close ends all watching, also that of later subscribers.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for w := range h.watchers {
		w.stop()
		w.stop = nil
		w.end()
	}
	h.n.Store(0)
	clear(h.tables)
}

// watchers yields every watcher. The caller holds mu.
func (h *Hub) watchers(yield func(*Watcher) bool) {
	for _, t := range h.tables {
		for _, w := range t.all {
			if !yield(w) {
				return
			}
		}
		for _, watchers := range t.keys {
			for _, w := range watchers {
				if !yield(w) {
					return
				}
			}
		}
	}
}

// offer passes a row on to those who watch it. The caller holds the hub's mu.
func (t *table) offer(key []byte, value any, stale bool) {
	for _, w := range t.keys[string(key)] {
		w.offer(key, value, stale)
	}
	for _, w := range t.all {
		w.offer(key, value, stale)
	}
}
