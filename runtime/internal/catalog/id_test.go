package catalog

import (
	"strings"
	"testing"
)

// No ID comes twice, from one maker or two.
func TestIDs(t *testing.T) {
	a, b := NewIDs(), NewIDs()
	seen := map[any]bool{}
	for range 100 {
		for _, ids := range []*IDs{a, b} {
			id := ids.Next()
			if !strings.HasPrefix(id, ids.Prefix) {
				t.Fatalf("%s does not begin with %s", id, ids.Prefix)
			}
			seen[id], seen[ids.Batch()] = true, true
		}
	}
	want(t, "IDs", len(seen), 400)
	want(t, "the length of a prefix", len(a.Prefix), 25)
}
