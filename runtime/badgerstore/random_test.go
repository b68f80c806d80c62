package badgerstore_test

import (
	"math/rand/v2"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
)

// Whatever is done with an app, and whenever it crashes, it shows what a naive model does.
func TestRandomAppsEqualANaiveModel(t *testing.T) {
	t.Run("in memory", func(t *testing.T) {
		apptest.Random(t, open(t, "", badgerstore.InMemory()), nil, rand.Uint64(), 60)
	})
	t.Run("on disk", func(t *testing.T) {
		dir := t.TempDir()
		s := open(t, dir, badgerstore.NoSync())
		apptest.Random(t, s, func() brook.Store {
			closed(t, s)
			s = open(t, dir, badgerstore.NoSync())
			return s
		}, rand.Uint64(), 40)
	})
}

// Timers are what the plainest program makes of the log, whatever happens (rule 38).
func TestTimersEqualANaiveModel(t *testing.T) {
	seed := rand.Uint64()
	for n := range uint64(6) {
		apptest.Timers(t, open(t, "", badgerstore.InMemory()), nil, seed+n, 50)
	}
}
