// Package publisher publishes what commits left to do. It takes emissions from the outbox in order,
// removes from the store what was published, makes dead letters of what the driver refuses, and
// hands the driver checkpoints of how far the app acted. Over a store that several processes write,
// a process publishes only what its own partitions caused, or what it holds the lease for.
//
// Package runner calls Run in one goroutine. Package catchup calls Collect, PublishOnce and
// Checkpoint in its place, and never beside it. KeepLease starts the goroutine that holds the
// lease. All other methods may be called from any goroutine. Lease.mu guards what is known of the
// lease, and is not held during calls of store or driver; the outbox has a lock of its own.
// Emissions are removed during a visit of the quiesce lock, so that no rebuild switches the dead
// letters' table meanwhile.
package publisher

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/ids"
	"github.com/brookgen/brookgen/runtime/internal/operation"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/placement"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// Publisher publishes emissions, and after them checkpoints of how far the app acted.
type Publisher struct {
	Config       *brook.Config // with defaults
	Code         *plan.Code
	Catalog      *catalog.Catalog
	Store        brook.Store
	Reader       brook.Reader // of what was committed last
	Lock         *quiesce.Lock
	Ids          *ids.Source
	Report       *report.Reporter
	Observer     *operation.Observer
	Retry        *retry.Loop
	On           Owner
	Outbox       *outbox.Outbox
	Valve        *quiesce.Valve // that Run passes
	Destinations *placement.Destinations

	// Set by Open, and constant from then on.
	OutboxTable brook.Table // of emissions
	Sending     brook.Table // of the sequence and the lease
	Lease       *Lease

	collecting retry.Backoff // used by who calls Collect
	marking    retry.Backoff // used by who calls Checkpoint
}

// Owner is what the publisher has its app do.
type Owner struct {
	// Adopt moves emissions that a rebuild owed into the outbox.
	Adopt func(context.Context) error
	// Refused is called for each emission that became a dead letter, during a visit of the lock.
	Refused func(partition.ID)
	// Doubt is called with the error of a commit that may have happened.
	Doubt func(error)
	// Wake makes tasks look whether they may go on.
	Wake func()
	// Broke is called with errors that may end Run, from any goroutine.
	Broke func(error)
}

// Open opens the tables of the publisher. It is called once, before all other methods.
func (p *Publisher) Open(ctx context.Context) error {
	for name, t := range map[string]*brook.Table{"outbox": &p.OutboxTable, "sending": &p.Sending} {
		var err error
		*t, err = p.Store.Table(ctx, brook.TableSpec{Name: plan.TableName(p.Config.Name, name)})
		if err != nil {
			return err
		}
	}
	p.Lease = &Lease{
		table: p.Sending, store: p.Store, reader: p.Reader, ids: p.Ids,
		outbox: p.Outbox, report: p.Report, retry: p.Retry, broke: p.On.Broke,
	}
	p.collecting.Report, p.marking.Report = p.Report, p.Report
	return nil
}

// Run publishes emissions until stop is closed and nothing is left but what failed, or
// ctx ends. What is left stays in the store.
func (p *Publisher) Run(ctx context.Context, stop <-chan struct{}) error {
	ending := false
	for {
		if !p.Valve.EnterBefore(stop) {
			return nil // the app is paused
		}
		tried, wait, err := p.turn(p.Valve.Within(ctx), ending)
		p.Valve.Leave()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		if ending && p.Outbox.Queued() == 0 {
			return nil
		}
		if tried && p.Outbox.Queued() > 0 {
			continue
		}
		for _, d := range []time.Duration{p.Outbox.Next(), p.Outbox.Lease.UntilLook(time.Now())} {
			if d > 0 && (wait == 0 || d < wait) {
				wait = d
			}
		}
		if ending, err = p.pause(ctx, stop, wait); err != nil {
			return nil
		}
	}
}

// turn publishes what there is, and hands the driver the checkpoints that are due, or returns how
// long to wait until some are. It reports whether there was anything to publish.
func (p *Publisher) turn(
	ctx context.Context, ending bool,
) (tried bool, wait time.Duration, err error) {
	if err := p.On.Adopt(ctx); err != nil {
		return false, 0, fmt.Errorf("brook: take over what was emitted: %w", err)
	}
	if err := p.Collect(ctx); err != nil {
		return false, 0, err
	}
	if tried, err = p.PublishOnce(ctx, ending); err != nil {
		return false, 0, fmt.Errorf("brook: publish what was emitted: %w", err)
	}
	if wait, err = p.Checkpoint(ctx, ending, 0); err != nil {
		return false, 0, fmt.Errorf("brook: mark how far the app acted: %w", err)
	}
	return tried, wait, nil
}

// pause waits until there is something to publish, wait is over if it is not 0, stop is closed, or
// ctx ends. It reports whether stop is closed, and returns the error of ctx.
func (p *Publisher) pause(
	ctx context.Context, stop <-chan struct{}, wait time.Duration,
) (stopped bool, err error) {
	var timer <-chan time.Time
	if wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-p.Outbox.Wake():
	case <-timer:
	case <-stop:
		return true, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
	return false, nil
}

// PublishOnce tries what is to be published once, and removes from the store what was published. If
// all is set it tries also what failed and whose wait is not over. What fails waits for another
// try, and with it what goes to the same partition. PublishOnce reports whether there was anything.
func (p *Publisher) PublishOnce(ctx context.Context, all bool) (any bool, err error) {
	batch := p.Outbox.Take(time.Now(), all)
	p.reportAbandoned()
	if len(batch) == 0 {
		return false, nil
	}
	failed, refused := map[*outbox.Item]error{}, map[*outbox.Item]error{}
	p.publishItems(ctx, p.place(ctx, batch, failed), failed, refused)
	var done []*outbox.Item
	for _, item := range batch {
		if failed[item] == nil && !item.IsCheckpoint() {
			done = append(done, item)
		}
	}
	err = p.removeAll(ctx, done, refused)
	failing, recovered := p.Outbox.Land(failed, p.Config.Retry)
	p.reportDestinations(failing, recovered)
	p.On.Wake()
	return true, err
}

// errBehind is why an emission is not tried whose destination has others waiting.
var errBehind = errors.New("it waits behind others")

// publishItems publishes items once, except those behind one that failed. It adds those that are to
// be tried again to failed, and those that the driver refuses for good to refused.
func (p *Publisher) publishItems(
	ctx context.Context, items []*outbox.Item, failed, refused map[*outbox.Item]error,
) {
	var tried []*outbox.Item
	var records []brook.Record
	behind := map[string]error{}
	for _, item := range items {
		if failed[item] != nil {
			behind[item.Target()] = failed[item]
			continue
		}
		err := cmp.Or(behind[item.Target()], behind[item.Record.Topic])
		if err == nil && p.Outbox.Blocked(item) {
			err = errBehind
		}
		if err != nil {
			failed[item] = err
			continue
		}
		tried, records = append(tried, item), append(records, item.Record)
	}
	if len(tried) == 0 {
		return
	}
	err := p.send(ctx, records)
	if err == nil {
		return
	}
	reason := func(int) error { return err }
	if some := (*brook.PublishError)(nil); errors.As(err, &some) {
		reason = func(i int) error { return some.Errs[i] }
	}
	for i, item := range tried {
		switch why := reason(i); {
		case why == nil:
		case errors.Is(why, brook.ErrPermanent):
			refused[item] = why
		case errors.Is(why, brook.ErrOutOfRange) && item.Record.Placed:
			// The topic was made anew with fewer partitions.
			item.Record.Placed, item.Record.Partition = false, 0
			failed[item] = why
		default:
			failed[item] = why
		}
	}
}

// send hands records to the driver, as an operation.
func (p *Publisher) send(ctx context.Context, records []brook.Record) (err error) {
	return p.Observer.Publish(ctx, records, false, func(ctx context.Context) error {
		_, err := p.Config.Driver.Publish(ctx, records)
		return err
	})
}

// RequireLease makes the outbox publish only while the process holds the lease, if the store is
// shared and there may be anything to publish. It reports whether it does.
func (p *Publisher) RequireLease(ctx context.Context) (bool, error) {
	if !p.Catalog.Fenced() {
		return false, nil
	}
	acts := p.Code.Acts()
	err := p.Retry.Do(ctx, "read", func() error {
		for _, err := range p.Reader.Scan(ctx, p.OutboxTable, nil, nil) {
			if acts = acts || err == nil; err != nil || acts {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	if acts {
		p.Outbox.Lease.Require(p.Config.Group)
	}
	return acts, nil
}

// KeepLease holds the lease, or waits for it, in a goroutine until leave is called, which returns
// the lease. What is in flight may take until finish ends.
func (p *Publisher) KeepLease(stop, finish context.Context) (leave func(), err error) {
	on, err := p.RequireLease(stop)
	if err != nil || !on {
		return func() {}, err
	}
	ctx, cancel := context.WithCancel(finish)
	var work sync.WaitGroup
	work.Go(func() { p.Lease.keep(ctx) })
	return func() {
		cancel()
		work.Wait()
		p.Lease.Leave(finish)
	}, nil
}
