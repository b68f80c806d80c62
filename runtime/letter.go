package brook

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/brookgen/brookgen/runtime/key"
)

// The stages at which an event becomes a dead letter.
const (
	StageDecode = "decode" // the record holds no event that can be read
	StageHandle = "handle" // the handler gave an error or panicked, or the event waits behind such a one
	StageApply  = "apply"  // the store can't take what the handler gave
	StageEmit   = "emit"   // the log refuses what the handler emitted
)

// DeadLetter is an event that was put aside, with all that is needed to see why and to try it again. It
// is the caller's own.
type DeadLetter struct {
	Position Position // of the event; for stage emit that of the event whose handler emitted
	ID       string
	Type     string // "" where the record does not say
	Author   string
	Stage    string
	Set      string // the handler set, "" where it failed before any
	Error    string
	Attempts int       // tries so far; 0: it only waits behind another one
	Time     time.Time // when it was put aside, or tried last
	Key      []byte    // the event's key as text: what later events wait for; nil: none do
	Record   Record    // the whole record; for stage emit the one that was to be published

	// Omitted is how many bytes of the record the letter does not hold, because the store takes less in one commit: those of
	// Record.Value and, where that was not enough, of Record.Key and Record.Headers. Redrive reads the record from the log again.
	Omitted int

	Ordinal int // for stage emit: the place among the set's emissions
	// Silent: the event was acted on before a rebuild made this letter; redriving it neither emits nor runs effects.
	Silent bool

	owes  []string // sets that did not act, although Silent is set
	sum   uint64   // of the whole record, where Omitted is not 0; 0: it is not known
	stack []byte   // of a panic, for the log; it is not stored
}

// String says what failed where in one line.
func (l DeadLetter) String() string {
	where := l.Position.String()
	if l.Type != "" {
		where += " " + l.Type
	}
	if l.Set != "" {
		where += " in " + l.Set
	}
	return fmt.Sprintf("%s: %s: %s (attempts: %d)", where, l.Stage, l.Error, l.Attempts)
}

// appendKey appends the letter's key in its table: in log order.
func (l *DeadLetter) appendKey(dst []byte) []byte {
	dst = l.Position.partition().appendKey(dst)
	dst = key.AppendInt(dst, l.Position.Offset)
	dst = key.AppendBool(dst, l.Stage == StageEmit)
	dst = key.AppendString(dst, l.Set)
	dst = key.AppendInt(dst, l.Ordinal)
	if l.Position.IsZero() {
		dst = key.AppendString(dst, l.ID)
	}
	return dst
}

// storedLetter is a letter as it is stored: as JSON, which has no times of odd years, and records of others may; the record's value follows
// as it is.
type storedLetter struct {
	DeadLetter
	Seconds int64 // the record's time
	Nanos   int
	Owes    []string `json:",omitempty"` // the letter's owes
	Sum     uint64   `json:",omitempty"` // the letter's sum
	Length  *int     // of the value behind the JSON; nil: there is none, unless in the JSON, where layout 1 had it
}

func (l *DeadLetter) write(t Table) Write {
	stored := storedLetter{DeadLetter: *l, Seconds: l.Record.Time.Unix(), Nanos: l.Record.Time.Nanosecond(), Owes: l.owes, Sum: l.sum}
	stored.Record.Time = time.Time{}
	value := l.Record.Value
	if stored.Record.Value = nil; value != nil {
		n := len(value)
		stored.Length = &n
	}
	b, err := json.Marshal(stored)
	if err != nil {
		panic(err) // strings, bytes and a time that is now
	}
	return Write{Table: t, Key: l.appendKey(nil), Value: append(b, value...)}
}

// decodeLetter gives a letter whose Record.Value may be the store's.
func decodeLetter(v Value) (l DeadLetter, err error) {
	var stored storedLetter
	data := v.Data.([]byte)
	d := json.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(&stored); err != nil {
		return l, fmt.Errorf("brook: stored dead letter: %w: %w", err, ErrPermanent)
	}
	l = stored.DeadLetter
	l.owes, l.sum = stored.Owes, stored.Sum
	l.Record.Time = time.Unix(stored.Seconds, int64(stored.Nanos)).UTC()
	if value := data[d.InputOffset():]; stored.Length != nil {
		if len(value) != *stored.Length {
			return l, fmt.Errorf("brook: stored dead letter: the record's value has %d bytes, and had %d: %w", len(value), *stored.Length, ErrPermanent)
		}
		l.Record.Value = slices.Clip(value)
	}
	return l, nil
}

// DeadLetters gives all dead letters in log order: by topic, partition, offset.
func (a *App) DeadLetters() iter.Seq2[DeadLetter, error] {
	return func(yield func(DeadLetter, error) bool) {
		if a.closed.Load() {
			yield(DeadLetter{}, ErrClosed)
			return
		}
		watch, err := a.guarded(a.ctx)
		if err != nil {
			yield(DeadLetter{}, err)
			return
		}
		defer watch.end()
		for row, err := range checked(a.ctx, watch, a.reader.Scan(a.ctx, watch.gen.letters, nil, nil)) {
			var l DeadLetter
			if err == nil {
				l, err = decodeLetter(row.Value)
				l.Record.Value = bytes.Clone(l.Record.Value)
			}
			if !yield(l, err) || err != nil {
				return
			}
		}
	}
}
