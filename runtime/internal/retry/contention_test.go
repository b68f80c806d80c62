package retry

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// Who loses again and again waits longer, up to a limit; who lost long ago begins anew.
func TestContention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		took := func(c *Contention) time.Duration {
			began := time.Now()
			c.Wait(t.Context())
			return time.Since(began)
		}
		var longest, after, most time.Duration
		for range 200 {
			var c Contention
			if first := took(&c); first >= firstWait {
				t.Fatalf("the first wait is %s", first)
			}
			for range 2 * mostWaits {
				longest = took(&c)
			}
			if most = max(most, longest); longest >= firstWait<<mostWaits {
				t.Fatalf("a wait of %s", longest)
			}
			time.Sleep(time.Second + 1)
			after = max(after, took(&c))
		}
		if most < firstWait<<mostWaits/2 {
			t.Errorf("the longest wait is %s", most)
		}
		if after >= firstWait {
			t.Errorf("a wait of %s, long after the last one", after)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		began := time.Now()
		(&Contention{n: mostWaits, last: began}).Wait(ctx)
		if took := time.Since(began); took > 0 {
			t.Errorf("a wait of %s, without a context", took)
		}
	})
}
