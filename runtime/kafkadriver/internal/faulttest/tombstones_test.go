package faulttest_test

import (
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

// TestHandledTombstones: null values of a compacted topic remove rows, and a rebuild makes do with
// what compaction left.
func TestHandledTombstones(t *testing.T) {
	t.Parallel()
	c := own(t, 1)
	ctx := limit(t)
	for _, topic := range apptest.KeeperTopics {
		settings := map[string]string{"cleanup.policy": "compact", "segment.ms": "200",
			"min.cleanable.dirty.ratio": "0.01", "delete.retention.ms": "0"}
		if topic == "keeper" {
			settings = nil // whose records are events
		}
		c.create(topic, 2, settings)
	}
	compact := func() {
		left, d := 0, c.driver(nil)
		c.until(ctx, func() bool {
			var fill []brook.Record // the last segment is never compacted: it has to be another one
			for n := range 8 {
				fill = append(fill, brook.Record{Topic: "users", Key: []byte{'f', byte('0' + n)}})
			}
			if _, err := d.Publish(ctx, fill); err != nil {
				t.Fatal(err)
			}
			left = 0
			for _, r := range c.read(ctx, "users") {
				if string(r.Key) == "cyd" {
					left++
				}
			}
			return left == 1
		}, "%v records of cyd are left", &left)
	}
	apptest.Tombstones(t, c.driver(nil), mapstore.New(), false, compact)
}
