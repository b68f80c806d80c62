package watch

import (
	"bytes"
	"context"
	"iter"
	"slices"
	"sync"
	"sync/atomic"

	brook "github.com/brookgen/brookgen/runtime"
)

// watchBuffer is how many rows with changes not seen yet a watcher may have before it misses some.
const watchBuffer = 1024

// Hub hands committed changes to watchers.
type Hub struct {
	n      atomic.Int64 // watchers, so that commits without any pay nothing
	mu     sync.Mutex
	tables map[int]*watchedTable // by slot
	closed bool
	Remote bool // changes come as announcements of the store
}

// watchedTable is who watches a table: all of it, or single rows.
type watchedTable struct {
	all  []*watcher
	keys map[string][]*watcher
}

// watcher is one who watches a table, or one row of it.
type watcher struct {
	hub   *Hub
	slot  int
	key   []byte        // nil: all
	ready chan struct{} // holds a token when there is something to take
	stop  func() bool   // ends the wait for the end of the watcher's context; guarded by the hub

	mu     sync.Mutex
	rows   []brook.Watched
	place  map[string]int // in rows
	missed bool
	closed bool
}

func NewHub() *Hub { return &Hub{tables: map[int]*watchedTable{}} }

// Subscribe begins to watch until ctx ends, the watcher or the hub is closed.
func (h *Hub) Subscribe(ctx context.Context, slot int, key []byte) *watcher {
	w := &watcher{hub: h, slot: slot, key: key, ready: make(chan struct{}, 1), place: map[string]int{}}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		w.closed = true
		w.signal()
		return w
	}
	t := h.tables[slot]
	if t == nil {
		t = &watchedTable{keys: map[string][]*watcher{}}
		h.tables[slot] = t
	}
	if key == nil {
		t.all = append(t.all, w)
	} else {
		t.keys[string(key)] = append(t.keys[string(key)], w)
	}
	h.n.Add(1)
	w.stop = context.AfterFunc(ctx, w.Close) // also where nobody ranges
	return w
}

// Key returns the encoded key that is watched, nil if it is all.
func (w *watcher) Key() []byte { return w.key }

// Wait waits until there is something to take, and reports false if ctx ended first.
func (w *watcher) Wait(ctx context.Context) bool {
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

// Close ends the watching.
func (w *watcher) Close() {
	h := w.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if w.stop == nil {
		return // it is closed
	}
	w.stop()
	w.stop = nil
	h.n.Add(-1)
	t := h.tables[w.slot]
	is := func(other *watcher) bool { return other == w }
	if w.key == nil {
		t.all = slices.DeleteFunc(t.all, is)
	} else if rest := slices.DeleteFunc(t.keys[string(w.key)], is); len(rest) > 0 {
		t.keys[string(w.key)] = rest
	} else {
		delete(t.keys, string(w.key))
	}
}

// Publish hands the rows that a commit wrote to those who watch them; changed returns those of a table.
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

// Announce tells watchers of a row that another process may have written.
func (h *Hub) Announce(slot int, key []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if t := h.tables[slot]; t != nil {
		t.offer(key, nil, true)
	}
}

// offer hands a row to those who watch it.
func (t *watchedTable) offer(key []byte, value any, stale bool) {
	for _, w := range t.keys[string(key)] {
		w.offer(key, value, stale)
	}
	for _, w := range t.all {
		w.offer(key, value, stale)
	}
}

// each calls f with every watcher. The caller holds mu.
func (h *Hub) each(f func(*watcher)) {
	for _, t := range h.tables {
		for _, w := range t.all {
			f(w)
		}
		for _, watchers := range t.keys {
			for _, w := range watchers {
				f(w)
			}
		}
	}
}

// Gap tells all watchers that they missed changes.
func (h *Hub) Gap() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.each(func(w *watcher) {
		w.mu.Lock()
		w.rows, w.missed = nil, true
		clear(w.place)
		w.mu.Unlock()
		w.signal()
	})
}

// Close ends all watching.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	h.each(func(w *watcher) {
		w.stop()
		w.stop = nil
		w.mu.Lock()
		w.closed = true
		w.mu.Unlock()
		w.signal()
	})
	h.n.Store(0)
	clear(h.tables)
}

func (w *watcher) offer(key []byte, value any, stale bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if i, ok := w.place[string(key)]; ok {
		w.rows[i].Value, w.rows[i].Stale = value, stale // the latest wins
	} else if len(w.rows) < watchBuffer {
		w.place[string(key)] = len(w.rows)
		w.rows = append(w.rows, brook.Watched{Key: bytes.Clone(key), Value: value, Stale: stale})
	} else {
		w.missed = true
	}
	w.signal()
}

func (w *watcher) signal() {
	select {
	case w.ready <- struct{}{}:
	default:
	}
}

// Take returns what changed since the last call.
func (w *watcher) Take() (rows []brook.Watched, missed, closed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	rows, missed, closed = w.rows, w.missed, w.closed
	w.rows, w.missed = nil, false
	clear(w.place)
	return rows, missed, closed
}
