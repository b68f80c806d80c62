package badgerstore_test

import (
	"math/rand/v2"
	"testing"

	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
)

// Changes of every kind do what a model does.
func TestChanges(t *testing.T) {
	apptest.Changes(t, open(t, t.TempDir(), badgerstore.NoSync()), rand.Uint64())
}

// Pages have the rows that a sorted list would have, also after rows that are gone.
func TestPages(t *testing.T) { apptest.Pages(t, open(t, t.TempDir(), badgerstore.NoSync())) }
