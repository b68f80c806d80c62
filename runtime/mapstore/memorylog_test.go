package mapstore_test

import (
	"errors"
	"path/filepath"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// A snapshot over a log in memory is of a log that ended with its process: the next one says so.
func TestSnapshotOverALogInMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "views")
	for n := range 2 {
		s := mapstore.New(mapstore.Snapshots(path, 0))
		app, err := openLedger(memdriver.New(), s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := app.Publish.Opened(t.Context(), ledger.Opened{Account: "a"}); err != nil {
			t.Fatal(err)
		}
		if err := app.CatchUp(t.Context()); errors.Is(err, brook.ErrLogChanged) != (n == 1) {
			t.Errorf("start %d: %v", n+1, err)
		}
		if err := errors.Join(app.Close(), s.Close()); err != nil {
			t.Error(err)
		}
	}
}
