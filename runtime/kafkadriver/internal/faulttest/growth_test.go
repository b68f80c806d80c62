package faulttest_test

import (
	"maps"
	"slices"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

// TestPartitionsAdded: a topic gets further partitions while apps run. They are picked up, and keys
// that are in another partition from then on lose nothing. (Kafka keeps the order of a key only as
// long as it stays in its partition: what is behind is folded before.)
func TestPartitionsAdded(t *testing.T) {
	t.Parallel()
	c := shared(t)
	ctx := limit(t)
	topic := c.topic(2, nil)
	admin := c.admin()
	apps := []*instance{
		run(t, config(c.driver(nil), mapstore.New(), topic), audit()),
		run(t, config(c.driver(nil), badger(t, t.TempDir()), topic), audit()),
	}
	emits := map[string]int{}
	for _, partitions := range []int32{2, 3, 7} {
		if partitions > 2 {
			if err := admin.CreatePartitions(topic, partitions, nil, false); err != nil {
				t.Fatal(err)
			}
			c.leaders(ctx, admin, topic, func(now []int32) bool {
				return len(now) == int(partitions) && !slices.Contains(now, -1)
			})
		}
		for _, app := range apps {
			// Events without key go round all partitions that the app knows.
			c.until(ctx, func() bool {
				pos, err := app.PublishAll(ctx,
					slices.Values([]brook.Outgoing{brook.Emit(ledger.Ignored{})}))
				if err != nil {
					t.Fatal(err)
				}
				app.pass(ctx, pos)
				return pos.Partition == partitions-1
			}, "partitions wanted: %v", &partitions)
		}
		l := begin(t, ctx, apps[0].App)
		l.more(500)
		l.stop()
		for account, n := range l.emits {
			emits[account] += n
		}
		for _, app := range apps {
			for _, pos := range ends(t, ctx, c.steady(), topic) {
				app.pass(ctx, pos)
			}
			got := map[string]int{}
			c.until(ctx, func() bool {
				notes, err := brook.Map(app.Views.Notes.All())
				if err != nil {
					t.Fatal(err)
				}
				got = noted(notes)
				return maps.Equal(got, emits)
			}, "emissions are noted: %v", &got)
		}
	}
	finish(ctx, apps...)
	same(t, ctx, c, topic, apps...)
}
