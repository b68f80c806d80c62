package watch

import (
	"slices"
	"sort"

	brook "github.com/brookgen/brookgen/runtime"
)

// A watcher is given the last rows that changed, capacity of them at most. The log has as many at
// least. It is shortened to these when it holds more than limit changes and a commit begins.
const (
	capacity = 1024
	limit    = 4 * capacity
)

// changes is a log of the latest changes of a table's rows. What was appended is never written
// again, so that a part of it is read without a lock: a log that is shortened is another array.
type changes struct {
	part
	seq  uint64 // the number of the last change
	last uint64 // what it was when the commit began
	lost uint64 // the last change that is no longer there, and has no later one of its row
	keys []byte // the keys of the commit, one behind the other: an allocation for many
}

// part is the end of a log.
type part struct {
	rows    []brook.Watched
	numbers []uint64 // of the changes, ascending
	once    bool     // no row is there twice
}

// begin begins a commit, whose rows are added then.
func (c *changes) begin() {
	c.last, c.keys = c.seq, nil
	if len(c.rows) > limit {
		c.shorten()
	}
}

// add appends a change of a row that the commit did not change yet.
func (c *changes) add(key []byte, value any, stale bool) {
	c.seq++
	c.put(c.seq, &brook.Watched{Key: key, Value: value, Stale: stale})
}

// put appends a change with its number, and copies its key.
func (c *changes) put(number uint64, row *brook.Watched) {
	at := len(c.keys)
	c.keys = append(c.keys, row.Key...)
	c.rows = append(c.rows, brook.Watched{
		Key: c.keys[at:len(c.keys):len(c.keys)], Value: row.Value, Stale: row.Stale,
	})
	c.numbers = append(c.numbers, number)
}

// grew reports whether anything was added since begin.
func (c *changes) grew() bool { return c.seq > c.last }

// shorten drops what a later change of the row replaced, and the oldest of the rest. It copies the
// keys, lest one of them keeps those of its whole commit in memory.
func (c *changes) shorten() {
	places, before := c.distinct(capacity)
	c.lost = max(c.lost, before)
	old := c.part
	c.part = part{make([]brook.Watched, 0, limit), make([]uint64, 0, limit), false}
	for _, i := range places {
		c.put(old.numbers[i], &old.rows[i])
	}
	c.keys = nil
}

// cut drops everything: it is out of date, or nobody reads it.
func (c *changes) cut() {
	c.seq++
	c.part, c.keys, c.lost = part{}, nil, c.seq
}

// since returns the changes after that number, and whether some of them are lost.
func (c *changes) since(seq uint64) (p part, missed bool) {
	i := sort.Search(len(c.numbers), func(i int) bool { return c.numbers[i] > seq })
	p = part{c.rows[i:len(c.rows):len(c.rows)], c.numbers[i:], seq >= c.last}
	return p, seq < c.lost
}

// latest returns the last rows that changed, each once with its latest value, in the order of these
// changes, and whether there are more than capacity, which are left out. The rows are shared:
// nobody may change them.
func (p part) latest() (rows []brook.Watched, more bool) {
	if p.once {
		older := max(0, len(p.rows)-capacity)
		return p.rows[older:], older > 0
	}
	places, before := p.distinct(capacity)
	rows = make([]brook.Watched, len(places))
	for n, i := range places {
		rows[n] = p.rows[i]
	}
	return rows, before > 0
}

// distinct returns the places of the latest changes of that many rows at most, ascending, and the
// number of the latest change of the other rows; 0: there are no others.
func (p part) distinct(most int) (places []int, before uint64) {
	seen := make(map[string]bool, min(most, len(p.rows)))
	for i, row := range slices.Backward(p.rows) {
		switch {
		case seen[string(row.Key)]:
			continue
		case len(places) == most:
			slices.Reverse(places)
			return places, p.numbers[i]
		}
		seen[string(row.Key)] = true
		places = append(places, i)
	}
	slices.Reverse(places)
	return places, 0
}
