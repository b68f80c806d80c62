// Package delivery is one event on its way through the handler sets of a package: its envelope is
// opened, generated code decodes it, and each set handles it under a savepoint of the transaction.
//
// Each Processor makes one, and each Prefetcher another for dry runs; both use theirs for event
// after event. Generated code calls its methods, by the name engine.Delivery. A Delivery is used by
// the goroutine of its task alone, or by whoever holds the quiesce lock, and has no lock of its
// own.
package delivery

import (
	"context"
	"runtime/debug"
	"slices"
	"strings"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/parked"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/schema"
	"github.com/brookgen/brookgen/runtime/internal/stream"
	"github.com/brookgen/brookgen/runtime/internal/text"
	"github.com/brookgen/brookgen/runtime/internal/txn"
	"github.com/brookgen/brookgen/runtime/wire"
)

// Delivery is one event on its way through the handler sets of one task. Generated code uses it.
type Delivery struct {
	Tx      *txn.Tx // what New was called with, and the next two
	def     *Definition
	divided bool            // the task is a group member's, and no event can run exclusively
	stem    string          // what the IDs of the app's emissions begin with
	block   []byte          // of which keys and headers that handlers may keep are parts
	texts   strings.Builder // of which IDs are parts that are positions
	types   []string        // scratch: the names of the event of a timer

	timerKey []byte // scratch: the encoded key of a timer

	Ctx      context.Context
	Message  brook.Message
	Position brook.Position
	Record   *brook.Record

	fate
	findings
	Results   []Result
	Emissions []Emission
	Requests  []Emission // of jobs, which these are the data of
	Effects   []effect

	observed *observed // nil: nobody sees what happens
}

// fate is what is decided before the event is dispatched.
type fate struct {
	Letter     *deadletter.Letter // the letter that is redriven, nil if none is
	Woken      *parked.Due        // by what the event was woken that was parked, nil if it was not
	Only       string             // the only set that runs, for a redriven letter; "": all run
	Forced     error              // what every set fails with
	host       Host
	Unblocked  bool     // no key of the host is blocked, or held up: it need not be asked
	Once       bool     // of Process: all sets or none
	Silent     bool     // it was acted on before
	Owes       []string // sets that did not act on it, although Silent is set
	DroppedFor []string // sets for which it was dropped
}

// findings are what the event is like, known once it is decoded, and how far it came.
type findings struct {
	Key       []byte // encoded; nil if it has none
	Scratch   any    // *brook.Event[E] of the last event, for the next one to use
	DecodeErr error
	Set       int  // that runs, or ran last
	Named     bool // the record has an ID
	Known     bool // the package has its type
	Handled   bool // it was passed to handlers
	Lapsed    bool // its timer is not there any more: it is passed over
	Repeat    bool // it was folded before
	timers    int  // how many the set that runs has set
	aborted   bool // no further set runs
	Bare      bool // the envelope takes anything for a payload
	foreign   bool // the record is not where events of its key are
}

// New returns the delivery of a task, which Prepare makes one of an event. divided says that the
// task is a group member's, and stem is what the IDs of the app's emissions begin with.
func New(tx *txn.Tx, def *Definition, divided bool, stem string) *Delivery {
	return &Delivery{Tx: tx, def: def, divided: divided, stem: stem}
}

// Prepare clears the delivery for a record.
func (d *Delivery) Prepare(ctx context.Context, r *brook.Record, h Host) {
	clear(d.Results)
	clear(d.Emissions)
	clear(d.Requests)
	clear(d.Effects)
	d.Results, d.Emissions, d.Effects = d.Results[:0], d.Emissions[:0], d.Effects[:0]
	d.Requests = d.Requests[:0]
	d.Ctx, d.Position, d.Record = ctx, r.Position(), r
	d.fate = fate{host: h}
	d.findings = findings{Key: d.Key[:0], Scratch: d.Scratch}
}

// Unwrap opens the record's envelope. bare says that the envelope takes anything for a payload.
func (d *Delivery) Unwrap(envelope brook.Envelope, bare bool, code *plan.Code) {
	d.Bare = bare
	if d.Record.Value == nil {
		if typ := code.Tombstone(d.Record.Topic); typ != "" && Tombstone(envelope, d.Record) {
			d.bury(typ)
			return
		}
	}
	err := envelope.Open(d.Record, &d.Message)
	d.Message.Type = code.Today(d.Message.Type)
	if err != nil {
		if _, ours := code.Events[d.Message.Type]; ours || d.Message.Type == "" || untyped(err) {
			// Events of types that are not the package's are none of its business.
			d.Known = true
			d.DecodeErr = text.Explain(d.Record.Value, d.def.Masks().Error(err))
		}
		d.Message.Keyed, d.Message.Lane = d.Message.Keyed && d.Message.Type != "", ""
	}
	d.Named = d.Message.ID != ""
	if !d.Named {
		d.Message.ID = d.place()
	}
	if d.Message.Time.IsZero() && wire.Writable(d.Record.Time) {
		d.Message.Time = d.Record.Time.UTC()
	}
	if d.Message.Lane != "" && !stream.Genuine(&d.Message) {
		d.Message.Lane = "" // somebody else's event, with the headers of an emission
	}
}

// Dispatch runs the generated code, which may panic if it decodes.
func (d *Delivery) Dispatch(deliver func(*Delivery)) {
	defer func() {
		if p := recover(); p != nil {
			d.Known = true
			d.DecodeErr = &brook.PanicError{Value: p, Stack: debug.Stack()}
		}
	}()
	deliver(d)
}

// Type returns the event's type.
func (d *Delivery) Type() string { return d.Message.Type }

// Discard notes that events of this type are received and ignored on purpose.
func (d *Delivery) Discard() { d.Known = true }

// Unknown notes that the package has no such event type.
func (d *Delivery) Unknown() {}

// Started prepares the transaction for an event that was decoded. It returns false if no handler
// may run.
func (d *Delivery) Started(info schema.Event) bool {
	return d.confine(info) && (!info.Timed || d.foldTimer(info))
}

// confine makes the transaction one of the event's key, if other tasks run beside it. It returns
// false if the event has to run exclusively.
func (d *Delivery) confine(info schema.Event) bool {
	d.Handled = true
	if info.History != 0 {
		d.Tx.Record(d)
	}
	if !d.Tx.Confined() {
		return true
	}
	// Beside other tasks, only the key's own partition may hold the event.
	matches := d.Key != nil && d.Message.Keyed && KeyMatches(info, d.Key, d.Record.Key)
	if !matches || !d.host.Owns(d.Record) {
		d.foreign = true
		if d.divided {
			if s := d.Strayed(); d.Forced == nil {
				d.Forced = barred(&s)
			}
			return true
		}
		d.Tx.SetCrossKey(true)
		d.aborted = true
		return false
	}
	d.Tx.Confine(d.Key)
	return true
}

// Place returns the position whose place in the outbox the event takes: its own, or if it was
// parked, that of the event that woke it.
func (d *Delivery) Place() brook.Position {
	if d.Woken != nil && !d.Woken.By.IsZero() {
		return d.Woken.By
	}
	return d.Position
}

// Owing reports whether a set is to act on the event.
func (d *Delivery) Owing(set string) bool { return !d.Silent || slices.Contains(d.Owes, set) }

// Owed returns the sets that are to act on the event although it is silent, for a letter of all
// sets.
func (d *Delivery) Owed(set string) []string {
	if set != "" {
		return nil
	}
	return d.Owes
}
