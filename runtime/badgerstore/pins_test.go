package badgerstore_test

import (
	"fmt"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
)

// Readers and snapshots of views see them until they end, whatever a rebuild replaces
// meanwhile (rule 26).
func TestReadersOutliveARebuild(t *testing.T) {
	s := open(t, t.TempDir(), badgerstore.NoSync())
	apptest.Pinned(t, s, func(generation int) bool {
		table, err := s.Table(t.Context(),
			brook.TableSpec{Name: fmt.Sprintf("ledger/%d/positions", generation)})
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range s.Latest().Scan(t.Context(), table, nil, nil) {
			if err != nil {
				t.Fatal(err)
			}
			return false
		}
		return true
	})
}
