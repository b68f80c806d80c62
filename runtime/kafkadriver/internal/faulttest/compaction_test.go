package faulttest_test

import (
	"fmt"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

// TestCompacted: a log with gaps and tombstones is folded from its start, and from
// a place that is gone.
func TestCompacted(t *testing.T) {
	t.Parallel()
	c := shared(t)
	ctx := limit(t)
	topic := c.topic(2, map[string]string{"cleanup.policy": "compact", "segment.ms": "200",
		"min.cleanable.dirty.ratio": "0.01", "delete.retention.ms": "0"})
	d := c.driver(nil)
	store := badger(t, t.TempDir())
	down := run(t, config(d, store, topic), audit())
	const accounts, rounds = 20, 15
	published := 0
	fill := func(round int) brook.Position {
		t.Helper()
		pos, err := down.PublishAll(ctx, func(yield func(brook.Outgoing) bool) {
			for n := range accounts {
				if !yield(brook.Emit(ledger.Opened{Account: fmt.Sprint(n),
					Email: fmt.Sprint(round)})) {
					return
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		published += accounts
		return pos
	}
	down.pass(ctx, fill(0))
	down.stop()
	for round := range rounds {
		fill(round)
		for n := range accounts / 4 {
			c.produce(ctx, topic, tombstone(fmt.Sprint(n)))
			published++
		}
	}
	left := 0
	c.until(ctx, func() bool {
		fill(rounds) // the last segment is never compacted: it has to be another one
		left = len(c.read(ctx, topic))
		return left < published/2
	}, "%v records are left", &left)
	t.Logf("of %d records %d are left", published, left)

	down = run(t, config(d, store, topic), audit())
	fresh := run(t, config(c.driver(nil), mapstore.New(), topic), audit())
	last := fill(rounds + 1)
	for _, app := range []*instance{down, fresh} {
		app.pass(ctx, last)
		for _, pos := range ends(t, ctx, d, topic) {
			app.pass(ctx, pos)
		}
	}
	want := onePass(t, ctx, c.steady(), topic)
	want.History = nil // the log goes on losing what it is made of
	for name, app := range map[string]*instance{"from the start: ": fresh,
		"from the middle: ": down} {
		got := apptest.Observe(t, app.App)
		got.History = nil
		equal(t, name, got, want)
	}
	if len(want.Accounts) != accounts {
		t.Errorf("%d accounts, want %d", len(want.Accounts), accounts)
	}
}
