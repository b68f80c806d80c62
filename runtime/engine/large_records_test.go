package engine_test

import (
	"fmt"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

func TestLargeRecords(t *testing.T) {
	t.Run("limited", func(t *testing.T) {
		apptest.LargeRecords(t, apptest.Limited(newStore(), 50_000), 100_000, true)
	})
	t.Run("unlimited", func(t *testing.T) { apptest.LargeRecords(t, newStore(), 100_000, false) })
}

// A batch ends where its records have some megabytes, however many events it may have: what is in
// it is in memory several times.
func TestBatchesAreBoundedInBytes(t *testing.T) {
	d := memdriver.New()
	publisher := newLedger(t, config(d, newStore()), &ledger.Audit{})
	for i := range 40 {
		if _, err := publisher.Publish.Opened(t.Context(),
			ledger.Opened{Account: fmt.Sprint(i),
				Tags: []string{strings.Repeat("x", 1<<20)}}); err != nil {
			t.Fatal(err)
		}
	}
	most, all := 0, 0
	c := config(d, newStore())
	c.Hooks.Commit = func(c brook.Commit) {
		most = max(most, c.Events)
		all += c.Events
	}
	app := newLedger(t, c, &ledger.Audit{})
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if all != 40 || most > 8 {
		t.Errorf("%d events, up to %d of 1 MiB in one batch", all, most)
	}
}

// Letters keep null and empty values apart.
func TestEventsWithoutDataOverTheStore(t *testing.T) { apptest.EventsWithoutData(t, newStore()) }
