package brook_test

import (
	"testing"

	"github.com/brookgen/brookgen/runtime/internal/apptest"
)

func TestLargeRecords(t *testing.T) {
	t.Run("limited", func(t *testing.T) { apptest.LargeRecords(t, apptest.Limited(newStore(), 50_000), 100_000, true) })
	t.Run("unlimited", func(t *testing.T) { apptest.LargeRecords(t, newStore(), 100_000, false) })
}
