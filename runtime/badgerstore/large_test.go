package badgerstore_test

import (
	"testing"

	"github.com/brookgen/brookgen/internal/race"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
)

// What is more than a store takes in one commit, with the defaults (9.6 MiB) and
// with the least memory.
func TestLargeRecords(t *testing.T) {
	t.Run("defaults", func(t *testing.T) {
		if race.Enabled {
			t.Skip("the race detector takes too long for many megabytes")
		}
		apptest.LargeRecords(t, open(t, t.TempDir(), badgerstore.NoSync(),
			badgerstore.Memory(badgerstore.DefaultMemory)), 11_000_000, true)
	})
	t.Run("small memory", func(t *testing.T) {
		apptest.LargeRecords(t, open(t, t.TempDir(), badgerstore.NoSync()), 1_400_000, true)
	})
}

// Letters keep null and empty values apart.
func TestEventsWithoutData(t *testing.T) {
	apptest.EventsWithoutData(t, open(t, t.TempDir(), badgerstore.NoSync()))
}
