package watch

import brook "github.com/brookgen/brookgen/runtime"

// tableWatcher receives the changes of all rows of a table: it reads their log. The hub's mu guards
// its fields.
type tableWatcher struct {
	subscription
	place  int    // in the crowd
	seen   uint64 // the last change that was taken
	closed bool   // the hub is
}

var _ brook.Watcher = (*tableWatcher)(nil)

// Key returns nil: all rows are watched.
func (w *tableWatcher) Key() []byte { return nil }

// Take returns the rows that changed since the last call, each once with its latest value, in the
// order of these changes. It also returns whether changes were missed, and whether the hub is
// closed.
func (w *tableWatcher) Take() (rows []brook.Watched, missed, closed bool) {
	h := w.hub
	h.mu.Lock()
	since, missed := w.table.log.since(w.seen)
	switch closed = w.closed; {
	case w.stop != nil:
		w.table.all.rest(w)
	case !closed:
		since, missed = part{}, false
	}
	w.seen = w.table.log.seq
	h.mu.Unlock()
	rows, more := since.latest()
	return rows, missed || more, closed
}

// Close ends the watching, and drops what was not taken. It may be called more than once.
func (w *tableWatcher) Close() {
	h := w.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if !w.over() {
		return
	}
	h.n.Add(-1)
	w.table.all.remove(w)
	if len(w.table.all.watchers) == 0 {
		w.table.log.cut() // nobody reads it
	}
}

// crowd is those who watch all rows of a table: first those at rest, who took all there was, and
// behind them those who were woken since. So a commit does not visit who is slow, and none is
// searched for.
type crowd struct {
	watchers []*tableWatcher
	resting  int
}

// add adds a watcher that has seen all.
func (c *crowd) add(w *tableWatcher) {
	w.place = len(c.watchers)
	c.watchers = append(c.watchers, w)
	c.rest(w)
}

// rest notes that w took all there was.
func (c *crowd) rest(w *tableWatcher) {
	if w.place >= c.resting {
		c.swap(w.place, c.resting)
		c.resting++
	}
}

// wake appends those at rest to woken, who are to be signalled.
func (c *crowd) wake(woken []*tableWatcher) []*tableWatcher {
	woken = append(woken, c.watchers[:c.resting]...)
	c.resting = 0
	return woken
}

// remove removes w.
func (c *crowd) remove(w *tableWatcher) {
	if w.place < c.resting {
		c.resting--
		c.swap(w.place, c.resting)
	}
	last := len(c.watchers) - 1
	c.swap(w.place, last)
	c.watchers[last] = nil
	c.watchers = c.watchers[:last]
}

func (c *crowd) swap(i, j int) {
	a, b := c.watchers[i], c.watchers[j]
	c.watchers[i], c.watchers[j] = b, a
	b.place, a.place = i, j
}
