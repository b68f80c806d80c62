package engine_test

import (
	"math/rand/v2"
	"testing"

	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/bytestore"
)

// Changes of every kind do what a model does, whatever the store.
func TestChanges(t *testing.T) {
	t.Run("values", func(t *testing.T) { apptest.Changes(t, newStore(), rand.Uint64()) })
	t.Run("bytes", func(t *testing.T) { apptest.Changes(t, bytestore.New(), rand.Uint64()) })
}

// Pages have the rows that a sorted list would have, also after rows that are gone.
func TestPages(t *testing.T) {
	t.Run("values", func(t *testing.T) { apptest.Pages(t, newStore()) })
	t.Run("bytes", func(t *testing.T) { apptest.Pages(t, bytestore.New()) })
}
