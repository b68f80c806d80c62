package inspection

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/inspect"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/letters"
	"github.com/brookgen/brookgen/runtime/internal/parked"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/processor"
	"github.com/brookgen/brookgen/runtime/key"
)

// The bounds of a dry run.
const (
	maxDryRun   = 100 // letters
	maxDryRows  = 50  // rows that are shown of each
	maxDryAsked = 50  // emissions, jobs and timers that are shown of each
)

// DryRun returns what redriving the letters that f accepts would do.
func (x *Inspection) DryRun(
	ctx context.Context, f inspect.LetterFilter,
) (run inspect.DryRun, err error) {
	accepts, err := x.Accepts(f)
	if err != nil {
		return run, err
	}
	err = x.read(ctx, func(c *call) error {
		run = inspect.DryRun{Outcomes: []inspect.Outcome{}}
		d, err := c.dryRun()
		if err != nil {
			return err
		}
		all, err := c.candidates()
		if err != nil {
			return err
		}
		for i := range all {
			l := &all[i]
			switch {
			case !accepts(l.DeadLetter):
				d.runs.Stays(l)
			case len(run.Outcomes) == maxDryRun:
				run.Left++
			default:
				o, err := d.outcome(l)
				if err != nil {
					return err
				}
				run.Outcomes = append(run.Outcomes, o)
			}
		}
		return c.ctx.Err()
	})
	return run, err
}

// candidates returns all letters and parked events in the order in which they are redriven, without
// their records.
func (c *call) candidates() (all []deadletter.Letter, err error) {
	for row, err := range c.reader.Scan(c.ctx, c.gen.Letters, nil, nil) {
		if err != nil {
			return nil, err
		}
		l, err := deadletter.Decode(row.Value)
		if err != nil {
			return nil, err
		}
		if l.Stage != brook.StageEarly { // those come from the other table
			all = append(all, l)
		}
	}
	for row, err := range c.reader.Scan(c.ctx, c.gen.Parked, nil, nil) {
		if err != nil {
			return nil, err
		}
		e, err := parked.Decode(row)
		if err != nil {
			return nil, err
		}
		all = append(all, e.Letter)
	}
	for i := range all {
		all[i].Type = c.set.Code.Today(all[i].Type)
		all[i].Record = brook.Record{}
	}
	c.set.Letters.Sort(all)
	return all, nil
}

// dryRun runs letters one after the other, and keeps nothing of it in the store. One goroutine uses
// it.
type dryRun struct {
	*call
	processor *processor.Processor
	delivery  *delivery.Delivery // of the last event
	parked    *parked.Events
	blocked   map[partition.ID]*deadletter.Blocked
	runs      deadletter.Runs
	before    map[place]version // what rows are that letters changed which ran
	timers    map[place][]byte  // the same of timers
	opened    map[int]*collection
}

// dryRun returns a dry run of the call.
func (c *call) dryRun() (*dryRun, error) {
	d := &dryRun{
		call: c, blocked: map[partition.ID]*deadletter.Blocked{}, before: map[place]version{},
		timers: map[place][]byte{}, opened: map[int]*collection{},
		parked: parked.NewEvents(c.set.Places, c.set.Def.Sets),
	}
	events, err := c.parkedEvents()
	if err != nil {
		return nil, err
	}
	d.parked.Replace(events)
	parts := c.set.Parts
	parts.Reader, parts.Parked, parts.Jobs, parts.Observer = c.reader, d.parked, nil, nil
	d.processor = processor.New(&parts, c.gen, idle{}, false)
	deliver := d.processor.Deliver
	d.processor.Deliver = func(m *delivery.Delivery) {
		d.delivery = m
		deliver(m)
	}
	return d, nil
}

// parkedEvents reads the parked events.
func (c *call) parkedEvents() (events []*parked.Event, err error) {
	for row, err := range c.reader.Scan(c.ctx, c.gen.Parked, nil, nil) {
		if err != nil {
			return nil, err
		}
		row.Value.Data = bytes.Clone(row.Value.Data.([]byte))
		e, err := parked.Decode(row)
		if err != nil {
			return nil, err
		}
		e.Set = c.set.Catalog.Sets.Now(e.Type, e.Set)
		events = append(events, e)
	}
	return events, nil
}

// idle is the target of a dry run: nothing is left to do of its events.
type idle struct{}

// Stops returns false.
func (idle) Stops() bool { return false }

// Stage does nothing.
func (idle) Stage(*processor.Processor, *processor.Partition, *delivery.Delivery) {}

// Silence does nothing.
func (idle) Silence(*deadletter.Letter) {}

// outcome runs a letter, of which l is without its record.
func (d *dryRun) outcome(l *deadletter.Letter) (o inspect.Outcome, err error) {
	k := l.AppendKey(nil)
	whole, err := d.stored(k)
	if errors.Is(err, brook.ErrNotFound) { // over a store that others write
		return inspect.Outcome{Letter: d.letter(l, k), Result: inspect.Moved}, nil
	}
	if err != nil {
		return o, err
	}
	o = inspect.Outcome{Letter: d.letter(whole, k), Silent: whole.Silent}
	if d.runs.Waits(l) {
		o.Result = inspect.Waits
		return o, nil
	}
	switch l.Stage {
	case brook.StageEmit:
		o.Result = inspect.Published
		return o, nil
	case brook.StageJob:
		o.Result = inspect.Queued
		return o, nil
	}
	hydrated, err := d.set.Letters.Refetch(d.ctx, *whole)
	if errors.Is(err, letters.ErrGone) || errors.Is(err, brook.ErrPermanent) {
		d.runs.Stays(l)
		o.Result, o.Error = inspect.Gone, err.Error()
		return o, nil
	}
	if err != nil {
		return o, err
	}
	hydrated.Type = d.set.Code.Today(hydrated.Type)
	hydrated.Set = d.set.Catalog.Sets.Now(hydrated.Type, hydrated.Set)
	if err := d.run(&hydrated, &o); err != nil {
		return o, err
	}
	if o.Result != inspect.Applied {
		d.runs.Stays(l)
	}
	return o, nil
}

// run runs a letter's event, and notes what it does.
func (d *dryRun) run(l *deadletter.Letter, o *inspect.Outcome) (err error) {
	id := partition.Of(l.Position)
	blocked, err := d.blockedOf(id)
	if err != nil {
		return err
	}
	x := d.processor
	x.Batch.Letters, d.delivery = x.Batch.Letters[:0], nil
	x.Batch.Parked.Forget() // the letter before
	p := x.Single(input.Single(id, "", l.Attempts), blocked)
	applied := false
	if l.Stage == brook.StageEarly {
		applied, err = d.runParked(p, l)
	} else {
		applied, err = x.ProcessLetter(d.ctx, p, l)
	}
	if err != nil {
		return err
	}
	o.Result = inspect.Applied
	if !applied {
		d.failure(l, o)
	}
	if d.delivery != nil {
		d.asked(o)
	}
	return d.changes(o)
}

// runParked runs a parked event.
func (d *dryRun) runParked(p *processor.Partition, l *deadletter.Letter) (bool, error) {
	e := d.parked.Get(l.AppendKey(nil))
	if e == nil {
		return false, fmt.Errorf("brook: parked event at %s: %w", l.Position, brook.ErrNotFound)
	}
	what, applied, err := d.processor.ProcessParked(d.ctx, p, e, 0)
	if what != processor.Accepted {
		return false, err
	}
	return applied, nil
}

// blockedOf returns the keys that letters of a partition block.
func (d *dryRun) blockedOf(id partition.ID) (*deadletter.Blocked, error) {
	if b := d.blocked[id]; b != nil {
		return b, nil
	}
	b := &deadletter.Blocked{}
	from := id.AppendKey(nil)
	for row, err := range d.reader.Scan(d.ctx, d.gen.Letters, from, key.Successor(from)) {
		if err != nil {
			return nil, err
		}
		l, err := deadletter.Decode(row.Value)
		if err != nil {
			return nil, err
		}
		l.Set = d.set.Catalog.Sets.Now(d.set.Code.Today(l.Type), l.Set)
		b.Add(&l, d.set.Config.OnFailure != brook.GoOn)
	}
	d.blocked[id] = b
	return b, nil
}

// failure notes why an event was not applied.
func (d *dryRun) failure(l *deadletter.Letter, o *inspect.Outcome) {
	o.Result = inspect.Fails
	b := d.processor.Batch
	for i := range b.Letters {
		if f := &b.Letters[i]; !f.AfterCommit() {
			o.Stage, o.Error, o.Stack = f.Stage, f.Error, string(f.Stack)
			if f.Attempts == 0 {
				o.Result = inspect.Waits
			}
			return
		}
	}
	o.Result = inspect.Parks
	for _, e := range b.Parked.New() {
		o.Stage, o.Error = brook.StageEarly, e.Error
	}
	if e := d.parked.Get(l.AppendKey(nil)); e != nil {
		o.Stage, o.Error = brook.StageEarly, e.Error
	}
}

// asked notes which handlers ran, and what they ask for besides their changes.
func (d *dryRun) asked(o *inspect.Outcome) {
	m := d.delivery
	typ := m.Message.Type
	for i := range m.Results {
		r := &m.Results[i]
		if r.Waits {
			continue
		}
		for _, h := range d.set.Def.Handlers {
			if h.Event == typ && d.set.Def.Sets[h.Set] == r.Set {
				o.Handlers = append(o.Handlers, r.Set+"."+h.Name)
			}
		}
	}
	for i := range m.Emissions {
		if e := &m.Emissions[i]; !e.Failed && len(o.Emissions) < maxDryAsked { // else it was published
			o.Emissions = append(o.Emissions, d.request(e))
		}
	}
	for i := range m.Requests {
		if len(o.Jobs) < maxDryAsked {
			o.Jobs = append(o.Jobs, d.request(&m.Requests[i]))
		}
	}
	o.Effects = len(m.Effects)
}

// request returns for people what a handler asks for.
func (d *dryRun) request(e *delivery.Emission) inspect.Request {
	typ := e.Out.Message.Type
	return inspect.Request{
		Set: d.set.Def.Sets[e.Set], Type: typ, Key: textOf(e.Out.Key),
		Data: d.payloadOf(typ, e.Out.Message.Data, listed),
	}
}

// changes notes which rows and timers the letter that ran changed.
func (d *dryRun) changes(o *inspect.Outcome) error {
	layout := d.set.Code.Layout
	for ord := range layout.Collections {
		for k, v := range d.processor.Tx.Changed(layout.Rows[ord]) {
			if err := d.change(o, ord, k, v); err != nil {
				return err
			}
		}
	}
	if !layout.Timed {
		return nil
	}
	for k, v := range d.processor.Tx.Changed(layout.Timers) {
		if err := d.timer(o, k, v); err != nil {
			return err
		}
	}
	return nil
}

// change notes what a row is that was changed by this letter or one before.
func (d *dryRun) change(o *inspect.Outcome, ord int, k []byte, v any) (err error) {
	at := place{d.set.Code.Layout.Rows[ord], string(k)}
	c := d.opened[ord]
	if c == nil {
		if c, err = d.openAt(ord); err != nil {
			return err
		}
		d.opened[ord] = c
	}
	before, known := d.before[at]
	if !known {
		stored, err := d.reader.Get(d.ctx, c.table, k)
		if err != nil && !errors.Is(err, brook.ErrNotFound) {
			return err
		}
		if err == nil {
			if before, _, err = c.version(stored); err != nil {
				return err
			}
		}
	}
	var after version
	if v != nil {
		if after, _, err = c.version(brook.Value{Data: v}); err != nil {
			return err
		}
	}
	d.before[at] = after
	if bytes.Equal(before.actual, after.actual) {
		return nil
	}
	if len(o.Rows) == maxDryRows {
		o.MoreRows++
		return nil
	}
	o.Rows = append(o.Rows, inspect.RowChange{
		Collection: c.info.Name, Key: keyText(c.info.Shape, k), Before: before.shown,
		After: after.shown, Changes: differences(before, after),
	})
	return nil
}

// timer notes what a timer is that was set or cancelled by this letter or one before.
func (d *dryRun) timer(o *inspect.Outcome, k []byte, v any) error {
	at := place{d.set.Code.Layout.Timers, string(k)}
	raw, _ := v.([]byte)
	before, known := d.timers[at]
	if !known {
		stored, err := d.reader.Get(d.ctx, d.gen.Tables[at.slot], k)
		if err != nil && !errors.Is(err, brook.ErrNotFound) {
			return err
		}
		if err == nil {
			before = stored.Data.([]byte)
		}
	}
	d.timers[at] = slices.Clone(raw)
	if bytes.Equal(before, raw) || len(o.Timers) == maxDryAsked {
		return nil
	}
	r, err := d.timerRequest(k, raw, before)
	if err == nil {
		o.Timers = append(o.Timers, r)
	}
	return err
}
