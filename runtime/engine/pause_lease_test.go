package engine_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// Two instances share a store without a group, and one of them is paused. The other one folds all
// that there is. What that leaves to publish waits if the one that is paused has the lease, until it
// is resumed or ends; else it is published at once.
func TestPauseOfALessee(t *testing.T) {
	const events = int64(5)
	for name, c := range map[string]struct {
		paused    int // which instance; the first one has the lease
		published bool
		goOn      func(app *ledger.App)
	}{
		"with the lease, resumed": {0, false, func(app *ledger.App) { app.Resume() }},
		"with the lease, closed":  {0, false, func(app *ledger.App) { _ = app.Close() }},
		"without":                 {1, true, func(*ledger.App) {}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := memdriver.New(memdriver.Partitions(2))
				s := newShared()
				apps := []*ledger.App{serve(t, config(d, s), &ledger.Audit{})}
				time.Sleep(10 * time.Second)
				apps = append(apps, serve(t, config(d, s), &ledger.Audit{}))
				time.Sleep(10 * time.Second)
				moves(t, apps[0], "a", true, 0)
				before := length(t, d, "ledger")
				paused, other := apps[c.paused], apps[1-c.paused]
				pause(t, paused)
				for range events {
					pos := must(t)(other.Publish.Moved(t.Context(),
						ledger.Moved{Account: "a", Cents: 1, Order: "emit"}))
					if err := other.WaitFor(t.Context(), pos); err != nil {
						t.Fatal(err)
					}
				}
				time.Sleep(20 * time.Second)
				if n, all := length(t, d, "ledger"), before+2*events; c.published != (n == all) {
					t.Errorf("the log has %d records, and there are %d events", n, events)
				}
				if a, err := other.Views.Accounts.Get("a"); err != nil || int64(a.Moves) != events {
					t.Errorf("%+v, %v", a, err)
				}
				c.goOn(paused)
				time.Sleep(20 * time.Second)
				if n := length(t, d, "ledger"); n != before+2*events {
					t.Errorf("the log has %d records once it goes on, want %d", n, before+2*events)
				}
			})
		})
	}
}
