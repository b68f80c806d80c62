package runner

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// The lag is that of partitions that stand still and have more, once they did for a while.
func TestReportLag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var reports [][]brook.Progress
		r := newRig(t, func(c *brook.Config, _ *delivery.Definition) {
			c.Hooks.Lag = func(p []brook.Progress) { reports = append(reports, p) }
		})
		r.Publish("x", "y")
		r.Follow()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go reportLag(ctx, r.Config, r.Set)
		time.Sleep(lagEvery + time.Second)
		synctest.Wait()
		if len(reports) > 0 {
			t.Errorf("nothing is left to fold, and reported is %v", reports)
		}
		r.Publish("z")
		time.Sleep(lagEvery)
		synctest.Wait()
		if len(reports) != 1 || reports[0][0].Next != 2 || reports[0][0].End != 3 {
			t.Fatalf("reported %v, want that the partition stands at 2 of 3", reports)
		}
		r.Publish("more")
		r.Progress.Advance(partition.ID{Topic: "in"}, 3)
		time.Sleep(lagEvery)
		synctest.Wait()
		if len(reports) != 1 {
			t.Errorf("it moves, and reported is %v", reports[1:])
		}
	})
}
