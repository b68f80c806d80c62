package delivery

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/txn"
)

// Result is what became of the event in one set.
type Result struct {
	Set   string
	Stage string // at which it failed
	Err   error  // nil: the set's changes stay
	Waits bool   // it was not tried: it waits behind a dead letter
	Again bool   // another try may succeed
	Parks bool   // it came too early, or waits behind an event that did
	// Missed is what the handler asked for in vain, if the event came too early.
	Missed []txn.RowKey
}

// Emission is an event to publish after the commit.
type Emission struct {
	Set, Ordinal int
	Out          brook.Outbound
	Failed       bool // it is published because the set failed: see brook.FailWith
}

// effect is a function to run after the commit.
type effect struct {
	Set string
	Run brook.Effect
}

// Handle runs a handler of the set of that number under a savepoint. run calls the handler and
// applies what it returned. An error or a panic undoes what the set did.
func (d *Delivery) Handle(set int, run func(ctx context.Context) error) {
	d.handle(set, run)
	d.endSet()
}

func (d *Delivery) handle(set int, run func(ctx context.Context) error) {
	name := d.def.Sets[set]
	switch {
	case d.aborted, d.Only != "" && d.Only != name:
		return
	case d.DroppedFor != nil && slices.Contains(d.DroppedFor, name):
		return
	}
	var ahead brook.Position
	behind := false
	if !d.Unblocked {
		if d.waits(name) {
			return
		}
		ahead, behind = d.host.ParkedAhead(d, name)
	}
	d.Set, d.timers = set, 0
	d.Tx.Savepoint()
	emitted, asked, due := len(d.Emissions), len(d.Requests), len(d.Effects)
	ctx := d.Ctx
	if d.observed != nil {
		ctx = d.beginSet()
	}
	err := d.Forced
	stage := brook.StageApply
	if err == nil {
		stage, err = d.call(ctx, run)
	}
	if d.Tx.CrossKey() && d.Tx.StoreFault() == nil && d.Ctx.Err() == nil && d.divided {
		s := d.Strayed()
		stage, err = brook.StageApply, barred(&s)
		d.Tx.SetCrossKey(false)
	}
	if d.Tx.StoreFault() != nil || d.Tx.CrossKey() || d.Ctx.Err() != nil {
		d.aborted = true
		return
	}
	if err == nil && (!behind || d.host.Appears(d, name)) {
		d.Results = append(d.Results, Result{Set: name})
		return
	}
	r := Result{Set: name, Stage: stage, Err: err, Again: errors.Is(err, brook.ErrRetry)}
	d.judge(&r, ahead, behind)
	d.Tx.Rollback()
	clear(d.Emissions[emitted:])
	clear(d.Requests[asked:])
	clear(d.Effects[due:])
	d.Emissions, d.Effects = d.Emissions[:emitted], d.Effects[:due]
	d.Requests = d.Requests[:asked]
	if !r.Parks {
		r.Err = d.speak(set, r.Err)
	}
	d.Results = append(d.Results, r)
	if d.Once {
		d.aborted = true
	}
}

// judge notes in the result of a set that its event is to be parked: because it came too early, or
// because it is behind one that did, and makes nothing appear that this one waits for.
func (d *Delivery) judge(r *Result, ahead brook.Position, behind bool) {
	if d.Once || d.Forced != nil {
		return
	}
	var early interface{ Early() bool }
	if errors.As(r.Err, &early) && early.Early() {
		if r.Missed = d.Tx.Missed(); len(r.Missed) == 0 {
			r.Err = fmt.Errorf("%w (brook.Early waits for a row to appear, and the handler asked "+
				"for none that is not there)", r.Err)
		}
	}
	if !behind && len(r.Missed) == 0 {
		return
	}
	r.Parks, r.Again, r.Stage = true, false, brook.StageEarly
	if behind && len(r.Missed) == 0 {
		r.Err = fmt.Errorf("waits behind the parked event at %s", ahead)
	}
}

// waits reports whether the event waits for a set behind a dead letter, and notes that as what
// became of it.
func (d *Delivery) waits(set string) bool {
	behind, waits := d.host.Blocker(d, set)
	if waits {
		d.Results = append(d.Results, Result{Set: set, Stage: brook.StageHandle, Waits: true,
			Err: fmt.Errorf("waits behind the dead letter at %s", behind)})
	}
	return waits
}

// call runs a handler, releases what it returned into overlay and indexes, and returns the stage of
// a failure.
func (d *Delivery) call(
	ctx context.Context, run func(ctx context.Context) error,
) (stage string, err error) {
	defer func() {
		d.Tx.Returned()
		if p := recover(); p != nil {
			stage, err = brook.StageHandle, &brook.PanicError{Value: p, Stack: debug.Stack()}
		}
	}()
	err = run(ctx)
	d.Tx.Returned()
	if errors.Is(d.Tx.Failure(), brook.ErrUnreadable) { // whatever the handler made of it
		return brook.StageApply, d.Tx.Failure()
	}
	if err != nil {
		report.Probe(err)
		return brook.StageHandle, err
	}
	if d.Tx.Failure() != nil {
		return brook.StageHandle, d.Tx.Failure()
	}
	if err := d.Tx.Release(); err != nil {
		return brook.StageApply, err
	}
	return "", nil
}

// After adds effects that run once the set's changes are committed.
func (d *Delivery) After(effects ...brook.Effect) {
	for _, run := range effects {
		if run != nil {
			d.Effects = append(d.Effects, effect{d.def.Sets[d.Set], run})
		}
	}
}
