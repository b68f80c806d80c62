package brook

import (
	"bytes"
	"context"
	"iter"
	"slices"
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
	w := v.at.subscribe(ctx, encoded)
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
	n      atomic.Int64 // watchers, so that commits without any pay nothing
	mu     sync.Mutex
	tables map[int]*watchedTable // by slot
	closed bool
	remote bool // changes come as announcements of the store
}

// watchedTable is who watches a table: all of it, or single rows.
type watchedTable struct {
	all  []*watcher
	keys map[string][]*watcher
}

// watcher is one who watches a table, or one row of it.
type watcher struct {
	hub   *hub
	slot  int
	key   []byte        // nil: all
	ready chan struct{} // holds a token when there is something to take
	stop  func() bool   // ends the wait for the end of the watcher's context; guarded by the hub

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

func newHub() *hub { return &hub{tables: map[int]*watchedTable{}} }

// subscribe begins to watch until ctx ends, the watcher or the hub is closed.
func (h *hub) subscribe(ctx context.Context, slot int, key []byte) *watcher {
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
	w.stop = context.AfterFunc(ctx, w.close) // also where nobody ranges
	return w
}

func (w *watcher) close() {
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

// publish hands the rows that a commit wrote to those who watch them.
func (h *hub) publish(tx *Tx) {
	if h.n.Load() == 0 || h.remote {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for slot, t := range h.tables {
		for _, c := range tx.rows[slot].list {
			if c.dirty {
				t.offer(c.key, c.value)
			}
		}
	}
}

// announce tells watchers of a row that another process may have written.
func (h *hub) announce(slot int, key []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if t := h.tables[slot]; t != nil {
		t.offer(key, announced{})
	}
}

// offer hands a row to those who watch it.
func (t *watchedTable) offer(key []byte, value any) {
	for _, w := range t.keys[string(key)] {
		w.offer(key, value)
	}
	for _, w := range t.all {
		w.offer(key, value)
	}
}

// each calls f with every watcher. The caller holds mu.
func (h *hub) each(f func(*watcher)) {
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

// gap tells all watchers that they missed changes.
func (h *hub) gap() {
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

// close ends all watching.
func (h *hub) close() {
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
