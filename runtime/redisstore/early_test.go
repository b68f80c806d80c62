package redisstore_test

import (
	"math/rand/v2"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
)

// Events that come too early are applied in the end, whichever instance of a group folds their
// partition, and whichever of them crash.
func TestEarly(t *testing.T) {
	for name, run := range map[string]apptest.EarlyRun{
		"alone":        {Instances: 1},
		"beside it":    {Instances: 2},
		"in a group":   {Instances: 3, Group: true},
		"a group of 2": {Instances: 2, Group: true},
	} {
		t.Run(name, func(t *testing.T) {
			prefix := apart(t)
			run.Open = func(t *testing.T) brook.Store { return open(t, client(t), prefix) }
			run.Orders, run.Seed = 40, rand.Uint64()
			apptest.Early(t, run)
		})
	}
}
