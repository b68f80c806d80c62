package badgerstore_test

import (
	"testing"

	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// Null values of a compacted topic remove rows on disk too.
func TestHandledTombstones(t *testing.T) {
	store := open(t, t.TempDir(), badgerstore.NoSync())
	apptest.Tombstones(t, memdriver.New(), store, false, func() {})
}
