package runner

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/fakestore"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/tasktest"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// dividing is a driver whose group gives its one member the second partition alone, and both
// partitions when it joins again.
type dividing struct {
	*memdriver.Driver
	joined int
}

func (d *dividing) Join(
	ctx context.Context, _ string, topics []string, m brook.Member,
) error {
	part := []brook.Position{{Topic: topics[0], Partition: 1}}
	if d.joined++; d.joined > 1 {
		part = append(part, brook.Position{Topic: topics[0]})
	}
	m.Assign(part)
	<-ctx.Done()
	m.Release(context.WithoutCancel(ctx))
	return nil
}

// A member that waits for its turn to rebuild stale views stands aside for other code, and finds
// them stale again when it comes back: it rebuilds them once.
func TestStaleViewsAreReplacedOnceAfterStandingAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// putting leaves handlers of "put" alone, as "did" has no key, of so many sets.
		putting := func(def *delivery.Definition, sets int) {
			def.Sets = def.Sets[:sets]
			def.Handlers = slices.DeleteFunc(def.Handlers, func(h plan.Handler) bool {
				return h.Event != "put" || h.Set >= sets
			})
		}
		store := fakestore.Shared(fakestore.New())
		before := tasktest.New(t, func(c *brook.Config, def *delivery.Definition) {
			putting(def, 1)
			c.Store = store
		})
		put := func(keys ...string) {
			for _, k := range keys {
				_, err := before.Driver.Publish(t.Context(), []brook.Record{
					{Topic: tasktest.Topic, Key: []byte(k), Value: []byte(`"x"`)}})
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		put("a")
		if err := before.Driver.Grow("in", 2); err != nil {
			t.Fatal(err)
		}
		put("b")
		before.Follow()
		driver := &dividing{Driver: before.Driver}
		r := newRig(t, func(c *brook.Config, def *delivery.Definition) {
			putting(def, 2)
			c.Store, c.Driver, c.Group, c.OnStale = store, driver, true, brook.RebuildStale
			c.KeepReplaced = -1
		})
		rebuilds := 0
		r.Stale.Rebuild = func(context.Context) error {
			rebuilds++
			return nil
		}
		stop := r.started(t)
		synctest.Wait()
		put("c", "d", "e", "f") // some of them into the partition that it has
		synctest.Wait()
		if !r.Catalog.Claim.Taken() || rebuilds != 0 {
			t.Fatalf("it did not fold beside a rebuild that is another's turn: %d, %v", rebuilds, r.Failures())
		}
		later := tasktest.New(t, func(c *brook.Config, def *delivery.Definition) {
			putting(def, 1)
			c.Store, c.Driver, c.OnStale = store, before.Driver, brook.GoOn
		})
		if err := later.Catalog.Claim.Take(t.Context()); err != nil {
			t.Fatal(err)
		}
		put("g", "h", "i", "j") // whose commit meets the claim
		time.Sleep(2 * (beatsGone + 2) * beatPause)
		if err := stop(); err != nil {
			t.Error(err)
		}
		if driver.joined != 2 || rebuilds != 1 {
			t.Errorf("it joined %d times and rebuilt %d times", driver.joined, rebuilds)
		}
	})
}
