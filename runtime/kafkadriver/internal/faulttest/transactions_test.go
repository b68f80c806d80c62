package faulttest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

// TestTransactions: another producer's transactions lie between our records: what is committed
// is folded, what is aborted is not, and what is open holds up what comes behind it, until it is
// decided. Markers hold up nobody.
func TestTransactions(t *testing.T) {
	t.Parallel()
	c := shared(t)
	ctx := limit(t)
	topic := c.topic(2, nil)
	apps := []*instance{
		run(t, config(c.driver(nil), mapstore.New(), topic), audit()),
		run(t, config(c.driver(nil), badger(t, t.TempDir()), topic), audit()),
	}
	other, err := kgo.NewClient(kgo.SeedBrokers(c.addrs...), kgo.DefaultProduceTopic(topic),
		kgo.TransactionalID(topic))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	accounts := []string{"a", "b", "c", "d", "e"}
	all := func(cents int) (records []*kgo.Record) {
		for _, a := range accounts {
			records = append(records,
				event(ledger.MovedType, a, fmt.Sprintf(`{"account":%q,"cents":%d}`, a, cents)))
		}
		return records
	}
	transact := func(records []*kgo.Record) {
		t.Helper()
		if err := other.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		if err := other.ProduceSync(ctx, records...).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	end := func(how kgo.TransactionEndTry) {
		t.Helper()
		if err := other.EndTransaction(ctx, how); err != nil {
			t.Fatal(err)
		}
	}
	ours := func(cents int64) (last []brook.Position) {
		t.Helper()
		for _, a := range accounts {
			pos, err := apps[0].Publish.Moved(ctx, ledger.Moved{Account: a, Cents: cents})
			if err != nil {
				t.Fatal(err)
			}
			last = append(last, pos)
		}
		return last
	}
	pass := func(positions []brook.Position) {
		t.Helper()
		for _, app := range apps {
			for _, pos := range positions {
				if err := app.WaitFor(ctx, pos); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for _, a := range accounts {
		if _, err := apps[0].Publish.Opened(ctx, ledger.Opened{Account: a}); err != nil {
			t.Fatal(err)
		}
	}
	const rounds = 10
	for range rounds {
		transact(all(1))
		ours(100)
		end(kgo.TryCommit)
		transact(all(10_000))
		ours(100)
		end(kgo.TryAbort)
	}
	balance := func(when string, cents int64) {
		t.Helper()
		for n, app := range apps {
			for _, a := range accounts {
				if got, err := app.Views.Accounts.Get(a); err != nil || got.Balance != cents {
					t.Errorf("%s: app %d: account %s has %d, want %d: %v", when, n, a,
						got.Balance, cents, err)
				}
			}
		}
	}
	// A transaction begins once the markers of the one before are written. The log ends before the
	// open one, behind nothing but markers: their own offsets can be waited for.
	transact(all(10_000))
	behind := ours(100)
	pass(ends(t, ctx, c.steady(), topic))
	// A new app comes to the end, too, and so does a rebuild, although there is more.
	balance("one is open", rounds*201)
	equal(t, "open: ", apptest.Observe(t, apps[0].App), onePass(t, ctx, c.steady(), topic))
	if err := apps[0].Rebuild(ctx); err != nil {
		t.Errorf("Rebuild: %v", err)
	}
	balance("rebuilt while one is open", rounds*201)
	early, cancel := context.WithCancel(ctx)
	cancel()
	if err := apps[0].WaitFor(early, behind[0]); err == nil {
		t.Error("an event behind an open transaction is folded")
	}
	end(kgo.TryAbort)
	pass(behind)
	balance("aborted", rounds*201+100)

	transact(all(1))
	behind = ours(100)
	end(kgo.TryCommit)
	pass(behind)
	balance("committed", rounds*201+201)
	for _, app := range apps {
		for _, pos := range ends(t, ctx, c.steady(), topic) {
			app.pass(ctx, pos)
		}
	}
	same(t, ctx, c, topic, apps...)
}
