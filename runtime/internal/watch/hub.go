// Package watch passes committed changes of rows on to those who watch them. The app
// makes one Hub. Tasks publish in it what they commit, views of users subscribe. Any goroutine may
// call anything in it.
//
// A commit costs one look-up for each row that it changed, and as much again for each watcher that
// it wakes. Watchers of one row are found by its key. Watchers of all rows of a table read one log
// of recent changes, which the commit appends to once, however many they are.
//
// Lock order: the mutex of the hub guards who watches what, and the logs; under it is taken that of
// a rowWatcher, which guards what that has not seen yet. Both are held for a moment only: a watcher
// that is slow misses changes, and holds up nobody.
package watch

import (
	"context"
	"iter"
	"sync"
	"sync/atomic"

	brook "github.com/brookgen/brookgen/runtime"
)

// Hub knows who watches which rows. NewHub makes one.
type Hub struct {
	n      atomic.Int64   // watchers, so that a commit costs nothing if there are none
	mu     sync.Mutex     // guards all below
	tables map[int]*table // by slot; only those that somebody ever watched
	closed bool
	spare  []*tableWatcher // room for a call of tell; nil: another call has it

	// Remote says that the store announces all changes, so that Publish is to do nothing. It is set
	// before the hub is used.
	Remote bool
}

// table is who watches one table.
type table struct {
	rows map[string][]*rowWatcher // by key
	all  crowd
	log  changes // what those in all can read; empty if they are none
}

// NewHub returns a hub that nobody watches.
func NewHub() *Hub { return &Hub{tables: map[int]*table{}} }

// Subscribe begins to watch the row at a key of a table, or all of its rows if key is nil. The
// watching ends with ctx, or when the watcher or the hub is closed. The caller must not change key
// any more.
func (h *Hub) Subscribe(ctx context.Context, slot int, key []byte) brook.Watcher {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.tables[slot]
	if t == nil {
		t = &table{rows: map[string][]*rowWatcher{}}
		if !h.closed {
			h.tables[slot] = t
		}
	}
	s := subscription{hub: h, table: t, ready: make(chan struct{}, 1)}
	if key == nil {
		w := &tableWatcher{subscription: s, seen: t.log.seq}
		if !h.begin(ctx, &w.subscription, w.Close) {
			w.closed = true
			return w
		}
		t.all.add(w)
		return w
	}
	w := &rowWatcher{subscription: s, key: key}
	if !h.begin(ctx, &w.subscription, w.Close) {
		w.end()
		return w
	}
	t.rows[string(key)] = append(t.rows[string(key)], w)
	return w
}

// begin counts a subscription in, and has it closed when ctx ends, even if nobody ranges over the
// changes. It reports false, and wakes the watcher, if the hub is closed. The caller holds mu.
func (h *Hub) begin(ctx context.Context, s *subscription, closeIt func()) bool {
	if h.closed {
		s.signal()
		return false
	}
	h.n.Add(1)
	s.stop = context.AfterFunc(ctx, closeIt)
	return true
}

// Publish passes the rows that a commit wrote on to those who watch them. changed returns those of
// a table, each once, with nil for the value of a row that was deleted; their keys are copied.
func (h *Hub) Publish(changed func(slot int) iter.Seq2[[]byte, any]) {
	if h.n.Load() == 0 || h.Remote {
		return
	}
	h.tell(func(slot int, t *table) {
		for key, value := range changed(slot) {
			t.offer(key, value, false)
		}
	})
}

// Announce tells those who watch a row that another process may have written it.
func (h *Hub) Announce(slot int, key []byte) {
	h.tell(func(other int, t *table) {
		if other == slot {
			t.offer(key, nil, true)
		}
	})
}

// Gap tells all watchers that they missed changes.
func (h *Hub) Gap() {
	h.tell(func(_ int, t *table) {
		t.log.cut()
		for w := range t.alone {
			w.miss()
		}
	})
}

// tell calls change with each table that was ever watched, and wakes those who watch all rows of it
// if its log has grown. It wakes them when mu is free again: they need it, and would wait for it
// at once. With 10,000 of them a commit takes a fraction of the time.
func (h *Hub) tell(change func(slot int, t *table)) {
	h.mu.Lock()
	woken := h.spare
	h.spare = nil
	for slot, t := range h.tables {
		t.log.begin()
		change(slot, t)
		if t.log.grew() {
			woken = t.all.wake(woken)
		}
	}
	if len(woken) == 0 {
		h.spare = woken
	}
	h.mu.Unlock()
	if len(woken) == 0 {
		return
	}
	for _, w := range woken {
		w.signal()
	}
	clear(woken)
	h.mu.Lock()
	h.spare = woken[:0]
	h.mu.Unlock()
}

// offer passes a row on to those who watch it alone, and notes it for those who watch all. The
// caller holds the hub's mu.
func (t *table) offer(key []byte, value any, stale bool) {
	if len(t.rows) > 0 {
		for _, w := range t.rows[string(key)] {
			w.offer(value, stale)
		}
	}
	if len(t.all.watchers) > 0 {
		t.log.add(key, value, stale)
	}
}

// Close ends all watching, also that of later subscribers.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for _, t := range h.tables {
		for _, w := range t.all.watchers {
			w.over()
			w.closed = true
			w.signal()
		}
		for w := range t.alone {
			w.over()
			w.end()
		}
	}
	h.n.Store(0)
	clear(h.tables)
}

// alone yields every watcher of one row. The caller holds the hub's mu.
func (t *table) alone(yield func(*rowWatcher) bool) {
	for _, watchers := range t.rows {
		for _, w := range watchers {
			if !yield(w) {
				return
			}
		}
	}
}
