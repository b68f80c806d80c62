package apptest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// Still is a log that stays as it is, the same in every process that makes it: it has one identity,
// and of what apps publish the ids go to a writer, one a line.
type Still struct {
	*memdriver.Driver
	mu  sync.Mutex
	out io.Writer
}

// StillOf returns a log with the records of d. Of what apps publish, the IDs go to out.
func StillOf(d *memdriver.Driver, out io.Writer) *Still { return &Still{Driver: d, out: out} }

// Partitions returns the partitions as those of one log.
func (d *Still) Partitions(ctx context.Context, topics ...string) ([]brook.Partition, error) {
	all, err := d.Driver.Partitions(ctx, topics...)
	for i := range all {
		all[i].Log = "still"
	}
	return all, err
}

// Grown waits for the end of ctx: there are never more partitions.
func (d *Still) Grown(ctx context.Context, _ []brook.Partition) error {
	<-ctx.Done()
	return ctx.Err()
}

// Publish writes the ids of records down.
func (d *Still) Publish(_ context.Context, records []brook.Record) ([]brook.Position, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	positions := make([]brook.Position, len(records))
	for i, r := range records {
		for _, h := range r.Headers {
			if h.Key == "ce_id" {
				if _, err := fmt.Fprintf(d.out, "%s\n", h.Value); err != nil {
					return nil, err
				}
			}
		}
		positions[i] = brook.Position{Topic: "elsewhere"}
	}
	return positions, nil
}

// Dated returns a driver that publishes to d what is the same in every process: with IDs and
// times that count up.
func Dated(d *memdriver.Driver) brook.Driver { return &dated{Driver: d} }

type dated struct {
	*memdriver.Driver
	mu sync.Mutex
	n  int
}

func (d *dated) Publish(ctx context.Context, records []brook.Record) ([]brook.Position, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range records {
		r := &records[i]
		d.n++
		r.Time = time.Unix(1_700_000_000+int64(d.n), 0).UTC()
		for j := range r.Headers {
			switch h := &r.Headers[j]; h.Key {
			case "ce_id":
				h.Value = fmt.Appendf(nil, "dated-%d", d.n)
			case "ce_time":
				h.Value = r.Time.AppendFormat(nil, time.RFC3339)
			}
		}
	}
	return d.Driver.Publish(ctx, records)
}

// Accounts is how many accounts the story of NewStill is about: "0", "1" and so on.
const Accounts = 9

// NewStill makes the log of a story of about n events of the author "ledger", the same for the same
// seed. No event of it concerns two accounts, so that partitions can be folded in any order. Some
// of it is to fail, see FailOnDemand, and some emits.
func NewStill(seed uint64, partitions, n int, out io.Writer) (*Still, error) {
	d := memdriver.New(memdriver.Partitions(partitions))
	config := brook.Config{Author: "ledger", Driver: Dated(d), Store: mapstore.New(),
		Log: slog.New(slog.DiscardHandler)}
	app, err := ledger.NewApp(config, ledger.Books{}, &ledger.Audit{})
	if err != nil {
		return nil, err
	}
	rnd := rand.New(rand.NewPCG(seed, 1))
	_, err = app.PublishAll(context.Background(), func(yield func(brook.Outgoing) bool) {
		for i := range n {
			account := fmt.Sprint(rnd.IntN(Accounts))
			opened := ledger.Opened{Account: account, Email: fmt.Sprint(rnd.IntN(4)),
				Tags: []string{account}}
			moved := ledger.Moved{Account: account, Cents: rnd.Int64N(50),
				Order: []string{"", "", "", "emit", "quiet"}[rnd.IntN(5)]}
			var more bool
			switch kind := rnd.IntN(50); {
			case i < Accounts:
				more = yield(brook.Emit(ledger.Opened{Account: fmt.Sprint(i), Email: "0"}))
			case kind == 0: // and opened again, else all that follows fails
				more = yield(brook.Emit(ledger.Closed{Account: account})) &&
					yield(brook.Emit(opened))
			case kind < 5:
				more = yield(brook.Emit(opened))
			case i > n-n/8 && i%100 == 99: // late, for all of the key that follows waits
				moved.Order = "fail"
				more = yield(brook.Emit(moved))
			default:
				more = yield(brook.Emit(moved))
			}
			if !more {
				return
			}
		}
	})
	return StillOf(d, out), errors.Join(err, app.Close())
}

var errOnDemand = errors.New("made to fail")

// FailOnDemand is an audit that fails what a story wants to fail.
func FailOnDemand() *ledger.Audit {
	return &ledger.Audit{Do: func(_ context.Context, e brook.Event[ledger.Moved]) error {
		if e.Data.Order == "fail" {
			return errOnDemand
		}
		return nil
	}}
}
