package engine_test

import (
	"context"
	"errors"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// looseStore is a store whose snapshots fail to close.
type looseStore struct{ brook.Store }

var errClose = errors.New("the snapshot does not close")

type looseSnapshot struct{ brook.Snapshot }

func (s *looseStore) Snapshot(ctx context.Context) (brook.Snapshot, error) {
	snap, err := s.Store.Snapshot(ctx)
	return looseSnapshot{snap}, err
}

func (s looseSnapshot) Close() error {
	_ = s.Snapshot.Close()
	return errClose
}

// A loop over a view that is left early hears of nothing more, although the snapshot that it reads
// fails to close; one that goes to its end gets that error.
func TestLoopThatIsLeftEarlyGetsNoError(t *testing.T) {
	s := &looseStore{newStore()}
	app, err := ledger.NewApp(config(memdriver.New(), s), ledger.Books{}, &ledger.Audit{})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	ctx := context.Background()
	for _, id := range []string{"a", "b"} {
		if err := app.Process.Opened(ctx, ledger.Opened{Account: id}); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	for _, err := range app.Views.Accounts.All() {
		if err != nil {
			t.Fatal(err)
		}
		n++
		break
	}
	var last error
	for _, err := range app.Views.Accounts.All() {
		if err == nil {
			n++
		}
		last = err
	}
	if n != 3 || !errors.Is(last, errClose) {
		t.Errorf("%d rows, and in the end %v", n, last)
	}
}
