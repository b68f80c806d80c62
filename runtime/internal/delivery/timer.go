package delivery

import (
	"errors"
	"fmt"
	"strings"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/schema"
	"github.com/brookgen/brookgen/runtime/internal/stream"
	"github.com/brookgen/brookgen/runtime/internal/timers"
	"github.com/brookgen/brookgen/runtime/wire"
)

// foldTimer removes the timer of which the event is, if it is one. It returns false if the event is
// to be passed over: it comes from the log, and its timer was cancelled or set anew, or the event
// was folded before. What is redriven, or processed, is handled in any case.
func (d *Delivery) foldTimer(info schema.Event) bool {
	if d.Once || d.Key == nil || !strings.HasPrefix(d.Message.ID, d.stem+"/") {
		return true // nothing but emissions of the app has such IDs
	}
	found := d.Tx.FoldTimer(d.names(info.Type, info.Was), d.Key, d.Message.ID)
	switch {
	case found || d.Letter != nil && d.Tx.StoreFault() == nil:
		return true
	case d.Tx.StoreFault() != nil:
		d.aborted = true
		return false
	}
	d.Lapsed = stream.FromTimer(d.Message.Lane, d.stem)
	return !d.Lapsed
}

// names returns what an event type is called today, and then what it was called before. The slice is
// valid until the next call.
func (d *Delivery) names(today string, was []string) []string {
	d.types = append(append(d.types[:0], today), was...)
	return d.types
}

// SetTimer sets a timer of an event, whose payload data points to, for the set that runs. An event
// that can't be published makes the set fail.
func (d *Delivery) SetTimer(def *brook.EventDef, data any, due time.Time) {
	if d.Tx.Failed() {
		return
	}
	fail := func(err error) {
		d.Tx.Fail(fmt.Errorf("brook: timer of %s: %w", def.Type, err))
	}
	due = due.UTC()
	if !wire.Writable(due) {
		fail(fmt.Errorf("it is due in the year %d (UTC), and only years from 0 to 9999 can be "+
			"written", due.Year()))
		return
	}
	encoded := def.AppendKey(d.timerKey[:0], data)
	if encoded == nil {
		fail(errNoKey)
		return
	}
	d.timerKey = encoded
	var out brook.Outbound
	if brook.Encode(&out, def, data); out.Err != nil {
		d.Tx.Fail(out.Err)
		return
	}
	ordinal := d.ordinal()
	d.timers++
	set := d.def.Sets[d.Set]
	d.Tx.SetTimer(d.names(def.Type, def.Was), encoded, &timers.Row{
		Due: due, Version: out.Message.Version, Key: out.Key, Data: out.Message.Data,
		ID:      stream.EmissionID(d.host.Source(), &d.Message, d.Position, set, ordinal),
		Headers: d.Trace(nil, d.Set), Position: d.Position, Cause: d.Message.ID,
		Set: set, Ordinal: ordinal,
	})
}

// CancelTimer removes the timer of an event, of whose payload the key counts, for the set that
// runs.
func (d *Delivery) CancelTimer(def *brook.EventDef, data any) {
	if d.Tx.Failed() {
		return
	}
	encoded := def.AppendKey(nil, data)
	if encoded == nil {
		d.Tx.Fail(fmt.Errorf("brook: timer of %s: %w", def.Type, errNoKey))
		return
	}
	d.Tx.CancelTimer(d.names(def.Type, def.Was), encoded)
}

var errNoKey = errors.New("its key lies behind a nil pointer, and a timer has a key")

// ordinal returns the place of what the set that runs emits or sets next.
func (d *Delivery) ordinal() int {
	n := d.timers
	for i := range d.Emissions {
		if d.Emissions[i].Set == d.Set {
			n++
		}
	}
	return n
}

// Emit has an event published once the changes of the set that runs are committed.
func (d *Delivery) Emit(out brook.Outbound) {
	d.Emissions = append(d.Emissions, Emission{Set: d.Set, Ordinal: d.ordinal(), Out: out})
}
