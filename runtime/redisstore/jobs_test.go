package redisstore_test

import (
	"math/rand/v2"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
)

// Jobs are done, in their order, whichever instance of a group has their partition, or the lease,
// and whichever of them crash.
func TestJobs(t *testing.T) {
	for name, run := range map[string]apptest.ErrandsRun{
		"alone":      {Instances: 1, Crashes: 4},
		"beside it":  {Instances: 2, Crashes: 3},
		"in a group": {Instances: 3, Crashes: 6, Group: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prefix := apart(t)
			run.Open = func(t *testing.T) brook.Store { return open(t, client(t), prefix) }
			run.Orders, run.Seed = 120, rand.Uint64()
			apptest.Errands(t, run)
		})
	}
}
