package ids_test

import (
	"strings"
	"testing"

	"github.com/brookgen/brookgen/runtime/internal/ids"
)

// No ID comes twice, from one maker or two.
func TestIDs(t *testing.T) {
	a, b := ids.New(), ids.New()
	seen := map[any]bool{}
	for range 100 {
		for _, ids := range []*ids.Source{a, b} {
			id := ids.Next()
			if !strings.HasPrefix(id, ids.Prefix) {
				t.Fatalf("%s does not begin with %s", id, ids.Prefix)
			}
			seen[id], seen[ids.Batch()] = true, true
		}
	}
	if len(seen) != 400 {
		t.Errorf("%d IDs, want 400", len(seen))
	}
	if len(a.Prefix) != 25 {
		t.Errorf("a prefix of %d bytes, want 25", len(a.Prefix))
	}
}
