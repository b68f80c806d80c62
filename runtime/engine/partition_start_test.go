package engine_test

import (
	"context"
	"errors"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// relogged is a driver whose partitions are of another log, start later, or give records again.
type relogged struct {
	*memdriver.Driver
	log   string
	start int64
	back  int64 // how many records before the place asked for each reader begins
}

func (d *relogged) Partitions(ctx context.Context, topics ...string) ([]brook.Partition, error) {
	all, err := d.Driver.Partitions(ctx, topics...)
	for i := range all {
		all[i].Log += d.log
		all[i].Start = max(all[i].Start, d.start)
		all[i].End = max(all[i].End, d.start)
	}
	return all, err
}

func (d *relogged) Open(ctx context.Context, from brook.Position) (brook.PartitionReader, error) {
	from.Offset = max(0, from.Offset-d.back)
	return d.Driver.Open(ctx, from)
}

// A partition from which nothing was folded yet is known all the same: retention and another log
// are noticed there (rule 28).
func TestPartitionsAreKnownFromTheStart(t *testing.T) {
	d, s := &relogged{Driver: memdriver.New(memdriver.Topic("ledger", 2))}, newStore()
	again := func() error {
		app := ledgerOver(t, config(d, s))
		return errors.Join(app.CatchUp(t.Context()), app.Close())
	}
	if err := again(); err != nil {
		t.Fatal(err)
	}
	d.log = "another"
	if err := again(); !errors.Is(err, brook.ErrLogChanged) {
		t.Errorf("another log: %v", err)
	}
	d.log, d.start = "", 5
	if err := again(); !errors.Is(err, brook.ErrRetention) {
		t.Errorf("records that are gone: %v", err)
	}
}

// A record below the position is passed over, whatever the driver gives (rule 28).
func TestRecordsBelowThePositionAreNoNews(t *testing.T) {
	d, s := &relogged{Driver: memdriver.New(memdriver.Topic("ledger", 1)), back: 2}, newStore()
	publishLedger(t, d, brook.Emit(ledger.Opened{Account: "a"}))
	for n := int64(1); n < 6; n++ {
		app := ledgerOver(t, config(d, s))
		if _, err := app.Publish.Moved(t.Context(),
			ledger.Moved{Account: "a", Cents: 1}); err != nil {
			t.Fatal(err)
		}
		if err := app.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		if a := brook.Must(app.Views.Accounts.Get("a")); a.Balance != n {
			t.Errorf("after %d: %+v", n, a)
		}
		if err := app.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
