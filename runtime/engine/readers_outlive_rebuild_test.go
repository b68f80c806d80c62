package engine_test

import (
	"fmt"
	"testing"

	"github.com/brookgen/brookgen/runtime/internal/apptest"
)

// Readers and snapshots of views see them until they end, whatever a rebuild replaces meanwhile
// (rule 26).
func TestReadersOutliveARebuild(t *testing.T) {
	s := newStore()
	apptest.Pinned(t, s, func(generation int) bool {
		return len(rawRows(t, s, fmt.Sprint(generation, "/positions"))) == 0 &&
			len(rawRows(t, s, fmt.Sprint(generation, "/shapes"))) == 0
	})
}
