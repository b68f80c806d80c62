// Package masking makes records and dead letters ones that people may look at: what the code
// declares to be pii is masked, and so is all that can't be told apart from it.
//
// Whatever shows payloads uses it. A Masks never changes, and is safe for concurrent use.
package masking

import (
	"errors"
	"slices"
	"strings"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/wire"
)

// Masks knows the events and jobs of an app. Its nil value masks nothing.
type Masks struct {
	defs map[string]*brook.EventDef // by type, old ones too
}

// New returns the masks of an app's events and jobs, nil if none of them has pii.
func New(defs ...*brook.EventDef) *Masks {
	if !slices.ContainsFunc(defs, func(d *brook.EventDef) bool { return d.PII != nil }) {
		return nil
	}
	m := &Masks{map[string]*brook.EventDef{}}
	for _, d := range defs {
		for _, typ := range append([]string{d.Type}, d.Was...) {
			m.defs[typ] = d
		}
	}
	return m
}

// Payload returns the payload of an event or a job of a type with its pii masked. It is masked as a
// whole if the app has no such type.
func (m *Masks) Payload(typ string, payload []byte) []byte {
	if m == nil {
		return payload
	}
	if d := m.defs[typ]; d != nil {
		return d.Mask(payload)
	}
	return []byte(wire.Masked)
}

// Letter returns a dead letter whose record has the masked payload for its value, without what the
// envelope wraps around it. The value is masked as a whole if nobody knows what stands where: the
// stage is decode, the letter has not all of the record, or the envelope can't open it. The letter
// is returned as it is if the app has no pii.
func (m *Masks) Letter(l brook.DeadLetter, envelope brook.Envelope) brook.DeadLetter {
	if m == nil || l.Record.Value == nil {
		return l
	}
	l.Record.Value = m.value(&l, envelope)
	return l
}

func (m *Masks) value(l *brook.DeadLetter, envelope brook.Envelope) []byte {
	if l.Stage == brook.StageJob {
		return m.Payload(l.Type, l.Record.Value)
	}
	var message brook.Message
	if l.Stage == brook.StageDecode || l.Omitted > 0 ||
		envelope.Open(&l.Record, &message) != nil {
		return []byte(wire.Masked)
	}
	return m.Payload(message.Type, message.Data)
}

// Error returns err, the error of an envelope that could not open a record, without the values that
// it found there.
func (m *Masks) Error(err error) error {
	at := (*wire.Error)(nil)
	if m == nil || !errors.As(err, &at) {
		return err
	}
	text := strings.ReplaceAll(err.Error(), at.Error(), everything.Error(nil, at).Error())
	return errors.New(text)
}

// everything masks all of a text.
var everything = wire.NewMask([]string{"."})
