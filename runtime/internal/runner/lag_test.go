package runner

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/gauge"
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

// keeping is a driver whose log keeps records back.
type keeping struct {
	brook.Driver
	held *atomic.Pointer[brook.Held]
}

func (d keeping) Held() []brook.Held { return []brook.Held{*d.held.Load()} }

// What the log keeps back is noticed while somebody asks for the status.
func TestLearnsWhatIsHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var held atomic.Pointer[brook.Held]
		held.Store(&brook.Held{Topic: "in", Records: 7, Since: time.Now()})
		r := newRig(t, nil)
		first := r.Task(1).Partitions[0]
		first.Gauge = gauge.NewPartition(0, 0)
		r.Config.Driver = keeping{r.Config.Driver, &held}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go reportLag(ctx, r.Config, r.Set)
		gone := func() time.Duration {
			time.Sleep(lagEvery + time.Second)
			synctest.Wait()
			reading := first.Gauge.Reading(time.Now())
			if reading.Undelivered.IsZero() {
				return 0
			}
			if reading.End-reading.Next != 7 || !reading.Behind {
				t.Errorf("the gauge says %+v", reading)
			}
			return time.Since(reading.Undelivered)
		}
		if d := gone(); d != 0 {
			t.Errorf("nobody asks, and the gauge says that nothing came for %s", d)
		}
		r.Running.Asks()
		if d := gone(); d != 2*(lagEvery+time.Second) {
			t.Errorf("nothing was delivered for %s", d)
		}
		held.Store(&brook.Held{Topic: "in"})
		if d := gone(); d != 0 {
			t.Errorf("all is delivered, and the gauge says that nothing came for %s", d)
		}
	})
}
