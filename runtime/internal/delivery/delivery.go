package delivery

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/schema"
	"github.com/brookgen/brookgen/runtime/internal/text"
	"github.com/brookgen/brookgen/runtime/internal/txn"
	"github.com/brookgen/brookgen/runtime/wire"
)

// Delivery is one event on its way through the handler sets of one lane. Generated code uses it.
type Delivery struct {
	Tx       *txn.Tx
	Ctx      context.Context
	def      *Definition
	Message  brook.Message
	Position brook.Position
	Record   *brook.Record

	fate
	findings
	Results   []Result
	Emissions []Emission
	Effects   []effect
}

// Host is the task that runs an event.
type Host interface {
	// Owns reports whether a record is in the partition that its key belongs to.
	Owns(r *brook.Record) bool
	// Blocker returns which dead letter the event has to wait behind for a set, if any.
	Blocker(d *Delivery, set string) (brook.Position, bool)
}

// fate is what is decided before the event is dispatched.
type fate struct {
	Letter  *deadletter.Letter // that is redriven
	Only    string             // the set that alone runs, for a redriven letter; "": all
	Forced  error              // what every set fails with
	host    Host               // who runs it
	divided bool               // among the members of a group, where an event that strays can't run alone
	Once    bool               // Process: all sets or none
	Silent  bool               // it was acted on before
	Owes    []string           // but not by these sets
	Skips   []string           // sets for which it was dropped
}

// findings are what the event is like, known once it is decoded, and how far it came.
type findings struct {
	Key       []byte // key bytes, nil where it has none
	Scratch   any    // *E of the last event that had a key, so that the next needs none of its own
	DecodeErr error
	Set       int
	Named     bool // the record has an ID
	Known     bool
	Handled   bool
	aborted   bool
	Bare      bool // its envelope takes anything for a payload
	foreign   bool // the record is not where events of the key are
}

// Result is how one set dealt with the event.
type Result struct {
	Set   string
	Stage string // of the failure
	Err   error  // nil: its changes are kept
	Waits bool   // not tried: it waits behind another
	Again bool   // another try may succeed
}

// Emission is an event to publish after the commit.
type Emission struct {
	Set, Ordinal int
	Out          brook.Outbound
}

type effect struct {
	Set string
	Run brook.Effect
}

// Type gives the event's type.
func (d *Delivery) Type() string { return d.Message.Type }

// Discard says that events of this type are received and ignored on purpose.
func (d *Delivery) Discard() { d.Known = true }

// Unknown says that the package has no such event type.
func (d *Delivery) Unknown() {}

// Started prepares the transaction for an event that was decoded.
func (d *Delivery) Started(info schema.Event) bool {
	d.Handled = true
	if info.History != 0 {
		d.Tx.Record(d)
	}
	if !d.Tx.Confined() {
		return true
	}
	// In parallel lanes only the key's own partition may hold the event.
	if d.Key == nil || !d.Message.Keyed || !KeyMatches(info, d.Key, d.Record.Key) || !d.host.Owns(d.Record) {
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

// HistoryEntry makes the event's entry in histories, which lives on after the delivery: with bytes of its own, as those of the record may be a
// few of the many that a driver read at once.
func (d *Delivery) HistoryEntry() *brook.HistoryEntry {
	e := &brook.HistoryEntry{Position: d.Position, ID: d.Message.ID, Type: d.Message.Type, Author: d.Message.Author,
		Cause: d.Message.Cause, Time: d.Message.Time, Key: d.Record.Key, Headers: slices.Clone(d.Message.Headers), Data: d.Message.Data}
	n := len(e.Key) + len(e.Data)
	for i := range e.Headers {
		n += len(e.Headers[i].Value)
	}
	own := make([]byte, 0, n)
	keep := func(b *[]byte) {
		if *b != nil {
			from := len(own)
			own = append(own, *b...)
			*b = own[from:len(own):len(own)]
		}
	}
	keep(&e.Key)
	keep(&e.Data)
	for i := range e.Headers {
		keep(&e.Headers[i].Value)
	}
	return e
}

// KeyMatches reports whether a record's key is the text of the event's key.
func KeyMatches(info schema.Event, encoded, record []byte) bool {
	if n := len(record); info.Shape == "string" && len(encoded) == n+2 && string(encoded[:n]) == string(record) {
		return true
	}
	var buf [64]byte
	text, err := info.Shape.Text(buf[:0], encoded)
	return err == nil && string(text) == string(record)
}

// Handle runs a handler of set number set under a savepoint: it calls the handler and applies what it gave. An
// error, or a panic, undoes what the set did.
func (d *Delivery) Handle(set int, run func(ctx context.Context) error) {
	name := d.def.Sets[set]
	if d.aborted || d.Only != "" && d.Only != name || d.Skips != nil && slices.Contains(d.Skips, name) {
		return
	}
	if behind, waits := d.host.Blocker(d, name); waits {
		d.Results = append(d.Results, Result{Set: name, Stage: brook.StageHandle, Waits: true,
			Err: fmt.Errorf("waits behind the dead letter at %s", behind)})
		return
	}
	d.Set = set
	d.Tx.Savepoint()
	emitted, due := len(d.Emissions), len(d.Effects)
	err := d.Forced
	stage := brook.StageApply
	if err == nil {
		stage, err = d.call(run)
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
	if err == nil {
		d.Results = append(d.Results, Result{Set: name})
		return
	}
	d.Tx.Rollback()
	clear(d.Emissions[emitted:])
	clear(d.Effects[due:])
	d.Emissions, d.Effects = d.Emissions[:emitted], d.Effects[:due]
	d.Results = append(d.Results, Result{Set: name, Stage: stage, Err: err, Again: errors.Is(err, brook.ErrRetry)})
	if d.Once {
		d.aborted = true
	}
}

// call runs a handler, and what it gave through the overlay and its indexes.
func (d *Delivery) call(run func(ctx context.Context) error) (stage string, err error) {
	defer func() {
		d.Tx.Returned()
		if p := recover(); p != nil {
			stage, err = brook.StageHandle, &brook.PanicError{Value: p, Stack: debug.Stack()}
		}
	}()
	err = run(d.Ctx)
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

// After asks for effects to run once the set's changes are committed.
func (d *Delivery) After(effects ...brook.Effect) {
	for _, run := range effects {
		if run != nil {
			d.Effects = append(d.Effects, effect{d.def.Sets[d.Set], run})
		}
	}
}

// Prepare clears the delivery for a record.
func (d *Delivery) Prepare(ctx context.Context, tx *txn.Tx, def *Definition, r *brook.Record, h Host, divided bool) {
	clear(d.Results)
	clear(d.Emissions)
	clear(d.Effects)
	d.Results, d.Emissions, d.Effects = d.Results[:0], d.Emissions[:0], d.Effects[:0]
	d.Tx, d.Ctx, d.def, d.Position, d.Record = tx, ctx, def, r.Position(), r
	d.fate, d.findings = fate{host: h, divided: divided}, findings{Key: d.Key[:0], Scratch: d.Scratch}
}

// Unwrap opens the record's envelope.
func (d *Delivery) Unwrap(envelope brook.Envelope, bare bool, code *plan.Code) {
	d.Bare = bare
	if err := envelope.Open(d.Record, &d.Message); err != nil {
		if _, ours := code.Events[d.Message.Type]; ours || d.Message.Type == "" || untyped(err) {
			d.Known, d.DecodeErr = true, text.Explain(d.Record.Value, err) // of a stranger's events nobody wants to know
		}
		d.Message.Keyed, d.Message.Lane = d.Message.Keyed && d.Message.Type != "", ""
	}
	d.Named = d.Message.ID != ""
	if !d.Named {
		d.Message.ID = d.Position.String()
	}
	if d.Message.Time.IsZero() && wire.Writable(d.Record.Time) {
		d.Message.Time = d.Record.Time.UTC()
	}
	if d.Message.Lane != "" && !outbox.Genuine(&d.Message) {
		d.Message.Lane = "" // somebody else's event, with the headers of an emission
	}
}

// Dispatch runs the generated code, which may panic where it decodes.
func (d *Delivery) Dispatch(deliver func(*Delivery)) {
	defer func() {
		if p := recover(); p != nil {
			d.Known = true
			d.DecodeErr = &brook.PanicError{Value: p, Stack: debug.Stack()}
		}
	}()
	deliver(d)
}

// Owing reports whether a set is to act on the event.
func (d *Delivery) Owing(set string) bool { return !d.Silent || slices.Contains(d.Owes, set) }

// Owed names the sets that are to act on the event although it is silent, for a letter of all sets.
func (d *Delivery) Owed(set string) []string {
	if set != "" {
		return nil
	}
	return d.Owes
}
