package outbox

import (
	"slices"

	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// queue holds the items that were not tried yet, in the order of commits. The mutex of Outbox
// guards it.
type queue struct {
	items []*Item
	left  int64 // how many items left the queue: to be tried, or to others
}

// checkpoint puts a checkpoint behind the emissions that it depends on.
func (q *queue) checkpoint(id partition.ID, next int64) {
	last := len(q.items) - 1
	if last < 0 || !q.items[last].IsCheckpoint() {
		q.items = append(q.items, &Item{checkpoint: map[partition.ID]int64{}})
		last++
	}
	q.items[last].checkpoint[id] = next
}

// next calls try with the first items, n at most, and takes them out of the queue. They count as
// left once they are dealt with.
func (q *queue) next(n int, try func(*Item)) {
	n = min(n, len(q.items))
	for _, item := range q.items[:n] {
		try(item)
	}
	clear(q.items[:n])
	if q.items = q.items[n:]; len(q.items) == 0 {
		q.items = nil
	}
}

// extract takes items out of the queue for which take returns true.
func (q *queue) extract(take func(*Item) bool) {
	n := len(q.items)
	q.items = slices.DeleteFunc(q.items, take)
	q.left += int64(n - len(q.items))
}

// clear forgets all items.
func (q *queue) clear() {
	q.left += int64(len(q.items))
	q.items = nil
}
