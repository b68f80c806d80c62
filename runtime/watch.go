package brook

import (
	"bytes"
	"context"
	"iter"
	"sync"
	"sync/atomic"
)

// Update is a change of one row as a watcher sees it. Only the last of several changes in quick succession may be seen.
type Update[K comparable, V any] struct {
	Key     K
	Value   V    // the caller's own; the zero value where Present is false
	Present bool // false: the row was deleted
	// Missed is set where changes of rows were lost between the update before and this one, because the
	// watcher was too slow or the views were rebuilt: what else it knows may be stale. With a rebuild, Key is
	// the zero key where nothing more is known.
	Missed bool
}

// watchBuffer is how many rows with changes not seen yet a watcher may have before it misses some.
const watchBuffer = 1024

// Watch gives the value at key as it is, and again after every change of it, until ctx or the app
// ends: then the sequence ends, for the app's end with [ErrClosed]. Only views of an app can be watched, not those of a
// snapshot. Watching begins with the call; the sequence can be ranged over once, and should be: until then, or until the
// app closes, it is kept up to date.
//
//go:noinline
func Watch[K comparable, V any](ctx context.Context, v View[K, V], key K) iter.Seq2[Update[K, V], error] {
	return updates(ctx, v, v.def.AppendKey(nil, key), true)
}

// Changes gives every change of the collection from the call on, as Watch does for one value.
//
//go:noinline
func Changes[K comparable, V any](ctx context.Context, v View[K, V]) iter.Seq2[Update[K, V], error] {
	return updates(ctx, v, nil, false)
}

//go:noinline
func updates[K comparable, V any](ctx context.Context, v View[K, V], encoded []byte, first bool) iter.Seq2[Update[K, V], error] {
	w := v.at.subscribe(encoded)
	if w != nil {
		context.AfterFunc(ctx, w.close) // also where nobody ranges
	}
	return func(yield func(Update[K, V], error) bool) {
		v.at.watch(ctx, w, first, func(row *watched, missed bool, err error) bool {
			u := Update[K, V]{Missed: missed}
			if row != nil {
				if u.Present = row.value != nil; u.Present {
					u.Value, err = v.def.own(Value{Data: row.value, Shared: true}, err)
				}
				if err == nil {
					u.Key, err = v.def.DecodeKey(row.key)
				}
			}
			return yield(u, err) && err == nil
		})
	}
}

// hub hands committed changes to watchers.
type hub struct {
	n        atomic.Int64 // watchers, so that commits without any pay nothing
	mu       sync.Mutex
	watchers map[*watcher]bool
	closed   bool
	remote   bool // changes come as announcements of the store
}

// watcher is one who watches a table, or one row of it.
type watcher struct {
	hub   *hub
	slot  int
	key   []byte        // nil: all
	ready chan struct{} // holds a token when there is something to take

	mu     sync.Mutex
	rows   []watched
	place  map[string]int // in rows
	missed bool
	closed bool
}

type watched struct {
	key   []byte
	value any // nil: deleted
}

// announced stands for the value of a row that another process may have written: it is read when it is looked at.
type announced struct{}

func newHub() *hub { return &hub{watchers: map[*watcher]bool{}} }

func (h *hub) subscribe(slot int, key []byte) *watcher {
	w := &watcher{hub: h, slot: slot, key: key, ready: make(chan struct{}, 1), place: map[string]int{}}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		w.closed = true
		w.signal()
		return w
	}
	h.watchers[w] = true
	h.n.Add(1)
	return w
}

func (w *watcher) close() {
	w.hub.mu.Lock()
	defer w.hub.mu.Unlock()
	if w.hub.watchers[w] {
		delete(w.hub.watchers, w)
		w.hub.n.Add(-1)
	}
}

// publish hands the rows that a commit wrote to those who watch them.
func (h *hub) publish(tx *Tx) {
	if h.n.Load() == 0 || h.remote {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for w := range h.watchers {
		for _, c := range tx.rows[w.slot].list {
			if c.dirty && (w.key == nil || bytes.Equal(w.key, c.key)) {
				w.offer(c.key, c.value)
			}
		}
	}
}

// gap tells all watchers that they missed changes.
func (h *hub) gap() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for w := range h.watchers {
		w.mu.Lock()
		w.rows, w.missed = nil, true
		clear(w.place)
		w.mu.Unlock()
		w.signal()
	}
}

func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for w := range h.watchers {
		w.mu.Lock()
		w.closed = true
		w.mu.Unlock()
		w.signal()
	}
}

func (w *watcher) offer(key []byte, value any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if i, ok := w.place[string(key)]; ok {
		w.rows[i].value = value // the latest wins
	} else if len(w.rows) < watchBuffer {
		w.place[string(key)] = len(w.rows)
		w.rows = append(w.rows, watched{bytes.Clone(key), value})
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

func (w *watcher) take() (rows []watched, missed, closed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	rows, missed, closed = w.rows, w.missed, w.closed
	w.rows, w.missed = nil, false
	clear(w.place)
	return rows, missed, closed
}
