package engine

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
	tx       *txn.Tx
	ctx      context.Context
	def      *Definition
	message  brook.Message
	position brook.Position
	record   *brook.Record

	fate
	findings
	results   []result
	emissions []emission
	effects   []effect
}

// host is the task that runs an event.
type host interface {
	// Owns reports whether a record is in the partition that its key belongs to.
	Owns(r *brook.Record) bool
	// Blocker returns which dead letter the event has to wait behind for a set, if any.
	Blocker(m *Delivery, set string) (brook.Position, bool)
}

// fate is what is decided before the event is dispatched.
type fate struct {
	letter  *deadletter.Letter // that is redriven
	only    string             // the set that alone runs, for a redriven letter; "": all
	forced  error              // what every set fails with
	host    host               // who runs it
	divided bool               // among the members of a group, where an event that strays can't run alone
	once    bool               // Process: all sets or none
	silent  bool               // it was acted on before
	owes    []string           // but not by these sets
	skips   []string           // sets for which it was dropped
}

// findings are what the event is like, known once it is decoded, and how far it came.
type findings struct {
	key       []byte // key bytes, nil where it has none
	scratch   any    // *E of the last event that had a key, so that the next needs none of its own
	decodeErr error
	set       int
	named     bool // the record has an ID
	known     bool
	handled   bool
	aborted   bool
	bare      bool // its envelope takes anything for a payload
	foreign   bool // the record is not where events of the key are
}

// result is how one set dealt with the event.
type result struct {
	set   string
	stage string // of the failure
	err   error  // nil: its changes are kept
	waits bool   // not tried: it waits behind another
	again bool   // another try may succeed
}

// emission is an event to publish after the commit.
type emission struct {
	set, ordinal int
	out          brook.Outbound
}

type effect struct {
	set string
	run brook.Effect
}

// Type gives the event's type.
func (m *Delivery) Type() string { return m.message.Type }

// Discard says that events of this type are received and ignored on purpose.
func (m *Delivery) Discard() { m.known = true }

// Unknown says that the package has no such event type.
func (m *Delivery) Unknown() {}

// Decode decodes the event's payload. It gives false where that failed, which is noted. Generated code uses it.
func Decode[E any](m *Delivery, def *brook.EventDef[E]) (e brook.Event[E], ok bool) {
	m.known = true
	data, err := def.Decode(m.message.Data)
	if err != nil {
		m.decodeErr = text.Explain(m.message.Data, err)
		return e, false
	}
	if def.AppendKey != nil && text.IsNull(m.message.Data) {
		if data, m.decodeErr = withKey(m, def, data); m.decodeErr != nil {
			return e, false
		}
	}
	if def.AppendKey != nil {
		at, ok := m.scratch.(*E)
		if !ok {
			at = new(E)
			m.scratch = at
		}
		*at = data
		m.key = def.AppendKey(m.key[:0], at)
		if m.bare && (m.record.Key == nil || !keyMatches(def.Info(), m.key, m.record.Key)) {
			if m.decodeErr = keyless(m, def); m.decodeErr != nil {
				return e, false
			}
		}
	}
	if !m.started(def.Info()) {
		return e, false
	}
	return brook.Event[E]{ID: m.message.ID, Type: def.Type, Author: m.message.Author, Time: m.message.Time, Data: data,
		Key: m.record.Key, Headers: m.message.Headers, Cause: m.message.Cause, Position: m.position}, true
}

// started prepares the transaction for an event that was decoded.
func (m *Delivery) started(info schema.Event) bool {
	m.handled = true
	if info.History != 0 {
		m.tx.Record(m)
	}
	if !m.tx.Confined() {
		return true
	}
	// In parallel lanes only the key's own partition may hold the event.
	if m.key == nil || !m.message.Keyed || !keyMatches(info, m.key, m.record.Key) || !m.host.Owns(m.record) {
		m.foreign = true
		if m.divided {
			if s := m.strayed(); m.forced == nil {
				m.forced = barred(&s)
			}
			return true
		}
		m.tx.SetCrossKey(true)
		m.aborted = true
		return false
	}
	m.tx.Confine(m.key)
	return true
}

// HistoryEntry makes the event's entry in histories, which lives on after the delivery: with bytes of its own, as those of the record may be a
// few of the many that a driver read at once.
func (m *Delivery) HistoryEntry() *brook.HistoryEntry {
	e := &brook.HistoryEntry{Position: m.position, ID: m.message.ID, Type: m.message.Type, Author: m.message.Author,
		Cause: m.message.Cause, Time: m.message.Time, Key: m.record.Key, Headers: slices.Clone(m.message.Headers), Data: m.message.Data}
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

// keyMatches reports whether a record's key is the text of the event's key.
func keyMatches(info schema.Event, encoded, record []byte) bool {
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
	if m.aborted || m.only != "" && m.only != name || m.skips != nil && slices.Contains(m.skips, name) {
		return
	}
	if behind, waits := m.host.Blocker(m, name); waits {
		m.results = append(m.results, result{set: name, stage: brook.StageHandle, waits: true,
			err: fmt.Errorf("waits behind the dead letter at %s", behind)})
		return
	}
	m.set = set
	m.tx.Savepoint()
	emitted, due := len(m.emissions), len(m.effects)
	err := m.forced
	stage := brook.StageApply
	if err == nil {
		stage, err = m.call(run)
	}
	if m.tx.CrossKey() && m.tx.StoreFault() == nil && m.ctx.Err() == nil && m.divided {
		s := m.strayed()
		stage, err = brook.StageApply, barred(&s)
		m.tx.SetCrossKey(false)
	}
	if m.tx.StoreFault() != nil || m.tx.CrossKey() || m.ctx.Err() != nil {
		m.aborted = true
		return
	}
	if err == nil {
		m.results = append(m.results, result{set: name})
		return
	}
	m.tx.Rollback()
	clear(m.emissions[emitted:])
	clear(m.effects[due:])
	m.emissions, m.effects = m.emissions[:emitted], m.effects[:due]
	m.results = append(m.results, result{set: name, stage: stage, err: err, again: errors.Is(err, brook.ErrRetry)})
	if m.once {
		m.aborted = true
	}
}

// call runs a handler, and what it gave through the overlay and its indexes.
func (m *Delivery) call(run func(ctx context.Context) error) (stage string, err error) {
	defer func() {
		m.tx.Returned()
		if p := recover(); p != nil {
			stage, err = brook.StageHandle, &brook.PanicError{Value: p, Stack: debug.Stack()}
		}
	}()
	err = run(m.ctx)
	m.tx.Returned()
	if errors.Is(m.tx.Failure(), brook.ErrUnreadable) { // whatever the handler made of it
		return brook.StageApply, m.tx.Failure()
	}
	if err != nil {
		report.Probe(err)
		return brook.StageHandle, err
	}
	if m.tx.Failure() != nil {
		return brook.StageHandle, m.tx.Failure()
	}
	if err := m.tx.Release(); err != nil {
		return brook.StageApply, err
	}
	return "", nil
}

// Send asks for emissions to be published once the set's changes are committed. Generated code uses it.
func Send[E any](m *Delivery, def *brook.EventDef[E], emissions ...brook.Emission[E]) {
	m.tx.Returned()
	for i := range emissions {
		if _, set := emissions[i].Data(); !set || m.tx.Failure() != nil {
			continue
		}
		e := emission{set: m.set}
		brook.Encode(&e.out, def, emissions[i])
		if e.out.Err != nil {
			m.tx.Fail(e.out.Err)
			return
		}
		for _, other := range m.emissions {
			if other.set == m.set {
				e.ordinal++
			}
		}
		m.emissions = append(m.emissions, e)
	}
}

// After asks for effects to run once the set's changes are committed.
func (m *Delivery) After(effects ...brook.Effect) {
	for _, run := range effects {
		if run != nil {
			m.effects = append(m.effects, effect{m.def.Sets[m.set], run})
		}
	}
}

// prepare clears the delivery for a record.
func (m *Delivery) prepare(ctx context.Context, tx *txn.Tx, def *Definition, r *brook.Record, h host, divided bool) {
	clear(m.results)
	clear(m.emissions)
	clear(m.effects)
	m.results, m.emissions, m.effects = m.results[:0], m.emissions[:0], m.effects[:0]
	m.tx, m.ctx, m.def, m.position, m.record = tx, ctx, def, r.Position(), r
	m.fate, m.findings = fate{host: h, divided: divided}, findings{key: m.key[:0], scratch: m.scratch}
}

// unwrap opens the record's envelope.
func (m *Delivery) unwrap(envelope brook.Envelope, bare bool, code *plan.Code) {
	m.bare = bare
	if err := envelope.Open(m.record, &m.message); err != nil {
		if _, ours := code.Events[m.message.Type]; ours || m.message.Type == "" || untyped(err) {
			m.known, m.decodeErr = true, text.Explain(m.record.Value, err) // of a stranger's events nobody wants to know
		}
		m.message.Keyed, m.message.Lane = m.message.Keyed && m.message.Type != "", ""
	}
	m.named = m.message.ID != ""
	if !m.named {
		m.message.ID = m.position.String()
	}
	if m.message.Time.IsZero() && wire.Writable(m.record.Time) {
		m.message.Time = m.record.Time.UTC()
	}
	if m.message.Lane != "" && !outbox.Genuine(&m.message) {
		m.message.Lane = "" // somebody else's event, with the headers of an emission
	}
}

// dispatch runs the generated code, which may panic where it decodes.
func (m *Delivery) dispatch(deliver func(*Delivery)) {
	defer func() {
		if p := recover(); p != nil {
			m.known = true
			m.decodeErr = &brook.PanicError{Value: p, Stack: debug.Stack()}
		}
	}()
	deliver(m)
}

// owing reports whether a set is to act on the event.
func (m *Delivery) owing(set string) bool { return !m.silent || slices.Contains(m.owes, set) }

// owed names the sets that are to act on the event although it is silent, for a letter of all sets.
func (m *Delivery) owed(set string) []string {
	if set != "" {
		return nil
	}
	return m.owes
}
