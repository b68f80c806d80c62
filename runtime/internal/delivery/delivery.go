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
	Blocker(m *Delivery, set string) (brook.Position, bool)
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
func (m *Delivery) Type() string { return m.Message.Type }

// Discard says that events of this type are received and ignored on purpose.
func (m *Delivery) Discard() { m.Known = true }

// Unknown says that the package has no such event type.
func (m *Delivery) Unknown() {}

// Started prepares the transaction for an event that was decoded.
func (m *Delivery) Started(info schema.Event) bool {
	m.Handled = true
	if info.History != 0 {
		m.Tx.Record(m)
	}
	if !m.Tx.Confined() {
		return true
	}
	// In parallel lanes only the key's own partition may hold the event.
	if m.Key == nil || !m.Message.Keyed || !KeyMatches(info, m.Key, m.Record.Key) || !m.host.Owns(m.Record) {
		m.foreign = true
		if m.divided {
			if s := m.Strayed(); m.Forced == nil {
				m.Forced = barred(&s)
			}
			return true
		}
		m.Tx.SetCrossKey(true)
		m.aborted = true
		return false
	}
	m.Tx.Confine(m.Key)
	return true
}

// HistoryEntry makes the event's entry in histories, which lives on after the delivery: with bytes of its own, as those of the record may be a
// few of the many that a driver read at once.
func (m *Delivery) HistoryEntry() *brook.HistoryEntry {
	e := &brook.HistoryEntry{Position: m.Position, ID: m.Message.ID, Type: m.Message.Type, Author: m.Message.Author,
		Cause: m.Message.Cause, Time: m.Message.Time, Key: m.Record.Key, Headers: slices.Clone(m.Message.Headers), Data: m.Message.Data}
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
func (m *Delivery) Handle(set int, run func(ctx context.Context) error) {
	name := m.def.Sets[set]
	if m.aborted || m.Only != "" && m.Only != name || m.Skips != nil && slices.Contains(m.Skips, name) {
		return
	}
	if behind, waits := m.host.Blocker(m, name); waits {
		m.Results = append(m.Results, Result{Set: name, Stage: brook.StageHandle, Waits: true,
			Err: fmt.Errorf("waits behind the dead letter at %s", behind)})
		return
	}
	m.Set = set
	m.Tx.Savepoint()
	emitted, due := len(m.Emissions), len(m.Effects)
	err := m.Forced
	stage := brook.StageApply
	if err == nil {
		stage, err = m.call(run)
	}
	if m.Tx.CrossKey() && m.Tx.StoreFault() == nil && m.Ctx.Err() == nil && m.divided {
		s := m.Strayed()
		stage, err = brook.StageApply, barred(&s)
		m.Tx.SetCrossKey(false)
	}
	if m.Tx.StoreFault() != nil || m.Tx.CrossKey() || m.Ctx.Err() != nil {
		m.aborted = true
		return
	}
	if err == nil {
		m.Results = append(m.Results, Result{Set: name})
		return
	}
	m.Tx.Rollback()
	clear(m.Emissions[emitted:])
	clear(m.Effects[due:])
	m.Emissions, m.Effects = m.Emissions[:emitted], m.Effects[:due]
	m.Results = append(m.Results, Result{Set: name, Stage: stage, Err: err, Again: errors.Is(err, brook.ErrRetry)})
	if m.Once {
		m.aborted = true
	}
}

// call runs a handler, and what it gave through the overlay and its indexes.
func (m *Delivery) call(run func(ctx context.Context) error) (stage string, err error) {
	defer func() {
		m.Tx.Returned()
		if p := recover(); p != nil {
			stage, err = brook.StageHandle, &brook.PanicError{Value: p, Stack: debug.Stack()}
		}
	}()
	err = run(m.Ctx)
	m.Tx.Returned()
	if errors.Is(m.Tx.Failure(), brook.ErrUnreadable) { // whatever the handler made of it
		return brook.StageApply, m.Tx.Failure()
	}
	if err != nil {
		report.Probe(err)
		return brook.StageHandle, err
	}
	if m.Tx.Failure() != nil {
		return brook.StageHandle, m.Tx.Failure()
	}
	if err := m.Tx.Release(); err != nil {
		return brook.StageApply, err
	}
	return "", nil
}

// After asks for effects to run once the set's changes are committed.
func (m *Delivery) After(effects ...brook.Effect) {
	for _, run := range effects {
		if run != nil {
			m.Effects = append(m.Effects, effect{m.def.Sets[m.Set], run})
		}
	}
}

// Prepare clears the delivery for a record.
func (m *Delivery) Prepare(ctx context.Context, tx *txn.Tx, def *Definition, r *brook.Record, h Host, divided bool) {
	clear(m.Results)
	clear(m.Emissions)
	clear(m.Effects)
	m.Results, m.Emissions, m.Effects = m.Results[:0], m.Emissions[:0], m.Effects[:0]
	m.Tx, m.Ctx, m.def, m.Position, m.Record = tx, ctx, def, r.Position(), r
	m.fate, m.findings = fate{host: h, divided: divided}, findings{Key: m.Key[:0], Scratch: m.Scratch}
}

// Unwrap opens the record's envelope.
func (m *Delivery) Unwrap(envelope brook.Envelope, bare bool, code *plan.Code) {
	m.Bare = bare
	if err := envelope.Open(m.Record, &m.Message); err != nil {
		if _, ours := code.Events[m.Message.Type]; ours || m.Message.Type == "" || untyped(err) {
			m.Known, m.DecodeErr = true, text.Explain(m.Record.Value, err) // of a stranger's events nobody wants to know
		}
		m.Message.Keyed, m.Message.Lane = m.Message.Keyed && m.Message.Type != "", ""
	}
	m.Named = m.Message.ID != ""
	if !m.Named {
		m.Message.ID = m.Position.String()
	}
	if m.Message.Time.IsZero() && wire.Writable(m.Record.Time) {
		m.Message.Time = m.Record.Time.UTC()
	}
	if m.Message.Lane != "" && !outbox.Genuine(&m.Message) {
		m.Message.Lane = "" // somebody else's event, with the headers of an emission
	}
}

// Dispatch runs the generated code, which may panic where it decodes.
func (m *Delivery) Dispatch(deliver func(*Delivery)) {
	defer func() {
		if p := recover(); p != nil {
			m.Known = true
			m.DecodeErr = &brook.PanicError{Value: p, Stack: debug.Stack()}
		}
	}()
	deliver(m)
}

// Owing reports whether a set is to act on the event.
func (m *Delivery) Owing(set string) bool { return !m.Silent || slices.Contains(m.Owes, set) }

// Owed names the sets that are to act on the event although it is silent, for a letter of all sets.
func (m *Delivery) Owed(set string) []string {
	if set != "" {
		return nil
	}
	return m.Owes
}
