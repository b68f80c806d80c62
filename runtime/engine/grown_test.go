package engine_test

import (
	"testing"

	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/bytestore"
)

// Events that got other names and newer versions are the events that they were: in views, letters,
// blocked keys and histories, live, after a rebuild and after a cold start.
func TestGrown(t *testing.T) {
	t.Run("one partition", func(t *testing.T) { apptest.Grown(t, bytestore.New(), 1) })
	t.Run("three", func(t *testing.T) { apptest.Grown(t, bytestore.New(), 3) })
}
