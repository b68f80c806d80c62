package outbox

import (
	"fmt"
	"strings"
	"testing"

	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// queued returns what is queued: offsets of emissions, and checkpoints in brackets.
func (q *queue) text() string {
	var all []string
	for _, item := range q.items {
		if !item.IsCheckpoint() {
			all = append(all, fmt.Sprint(item.Position.Offset))
			continue
		}
		var ids []string
		for _, id := range []partition.ID{in, other} {
			if next, ok := item.checkpoint[id]; ok {
				ids = append(ids, fmt.Sprintf("%d:%d", id.Number, next))
			}
		}
		all = append(all, "["+strings.Join(ids, " ")+"]")
	}
	return strings.Join(all, " ")
}

// Checkpoints stand behind the emissions that were there before them, one item for all that follow
// each other.
func TestQueueOrder(t *testing.T) {
	q := &queue{}
	q.checkpoint(in, 1)
	q.items = append(q.items, emitted(in, 1, "a"))
	q.checkpoint(in, 2)
	q.checkpoint(other, 7)
	q.checkpoint(in, 3)
	q.items = append(q.items, emitted(in, 3, "a"), emitted(in, 4, "a"))
	want(t, "queue", q.text(), "[0:1] 1 [0:3 1:7] 3 4")

	var tried []string
	q.next(4, func(item *Item) { tried = append(tried, item.Position.String()) })
	want(t, "tried", len(tried), 4)
	want(t, "left in the queue", q.text(), "4")
	want(t, "not dealt with", q.left, 0)
	q.next(4, func(*Item) {})
	if q.items != nil {
		t.Error("an empty queue keeps its memory")
	}
}

// What leaves the queue in another way than by a try counts as left at once.
func TestQueueLeft(t *testing.T) {
	q := &queue{items: []*Item{emitted(in, 0, "a"), emitted(other, 1, "a"), emitted(in, 2, "a")}}
	q.extract(func(i *Item) bool { return i.cause() == other })
	want(t, "after some were taken out", q.text(), "0 2")
	want(t, "left", q.left, 1)
	q.clear()
	want(t, "cleared", q.text(), "")
	want(t, "left after all", q.left, 3)
}
