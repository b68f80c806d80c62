package badgerstore_test

import (
	"math/rand/v2"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
)

// Events that come too early are applied in the end, however often the app crashes.
func TestEarly(t *testing.T) {
	s := open(t, t.TempDir())
	apptest.Early(t, apptest.EarlyRun{
		Open:      func(*testing.T) brook.Store { return s },
		Instances: 1, Orders: 40, Seed: rand.Uint64(),
	})
}
