package parked

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
)

// Event is an event that is parked for a handler set. Its letter says which; the stage is
// brook.StageEarly. The record is in the letter until the event is stored; then memory goes without
// it: see Whole. An Event does not change once it is among Events.
type Event struct {
	deadletter.Letter
	// Missed is what the handler asked for in vain when it ran last. It is empty if the event only
	// waits behind another one of its key.
	Missed []Row
	Due    *Due // nil: it is not due
	Since  time.Time
	// Reported says that there is a dead letter that reports the event.
	Reported bool

	key   []byte // in the store
	light bool   // only the store has the record
}

// Row is a row that a handler asked for, or any row that an index finds by a value.
type Row struct {
	Table string // its name, without that of the generation
	Key   []byte // of the row; for an index, the encoded value
}

// Due says by what event a parked one was woken: it runs before the next event of its task. What it
// emits takes the place of what the event that woke it emits.
type Due struct {
	By     brook.Position // zero: an event of Process
	Silent bool           `json:",omitempty"` // that event was acted on before
	Free   bool           `json:",omitempty"` // that event was redriven or processed
}

// stored is what stands before the letter of a stored event.
type stored struct {
	Missed   []Row `json:",omitempty"`
	Due      *Due  `json:",omitempty"`
	Since    time.Time
	Reported bool `json:",omitempty"`
}

// New returns the event of a letter that is parked for the first time, now.
func New(l deadletter.Letter, missed []Row, now time.Time) *Event {
	l.Stage = brook.StageEarly
	return &Event{Letter: l, Missed: missed, Since: now.UTC(), key: l.AppendKey(nil)}
}

// Key returns the event's key in the store, which its dead letter has, too.
func (e *Event) Key() []byte { return e.key }

// Write returns the write that stores the event.
func (e *Event) Write(t brook.Table) brook.Write {
	b, err := json.Marshal(stored{e.Missed, e.Due, e.Since, e.Reported})
	if err != nil {
		panic(err) // strings, bytes and a time that was now
	}
	letter := e.Letter.Write(t)
	return brook.Write{Table: t, Key: e.key, Value: append(b, letter.Value.([]byte)...)}
}

// Decode returns a stored event. The error wraps brook.ErrPermanent. What it holds may share the
// bytes of the row's value.
func Decode(row brook.Row) (*Event, error) {
	var s stored
	data := row.Value.Data.([]byte)
	d := json.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(&s); err != nil {
		return nil, fmt.Errorf("brook: stored parked event: %w: %w", err, brook.ErrPermanent)
	}
	l, err := deadletter.Decode(brook.Value{Data: data[d.InputOffset():]})
	if err != nil {
		return nil, err
	}
	return &Event{
		Letter: l, Missed: s.Missed, Due: s.Due, Since: s.Since, Reported: s.Reported,
		key: slices.Clone(row.Key),
	}, nil
}

// Light returns the event without its record, for memory.
func (e *Event) Light() *Event {
	if e.light {
		return e
	}
	return e.with(func(c *Event) { c.Record, c.Stack, c.light = brook.Record{}, nil, true })
}

// Whole returns the event with its record, which it reads from the table of a generation if memory
// does not have it. If the event is not there any more, the error wraps brook.ErrConflict.
func (e *Event) Whole(ctx context.Context, r brook.Reader, t brook.Table) (*Event, error) {
	if !e.light {
		return e, nil
	}
	v, err := r.Get(ctx, t, e.key)
	if errors.Is(err, brook.ErrNotFound) {
		return nil, fmt.Errorf("brook: parked event at %s is gone: %w", e.Position, brook.ErrConflict)
	}
	if err != nil {
		return nil, err
	}
	v.Data = bytes.Clone(v.Data.([]byte))
	stored, err := Decode(brook.Row{Key: e.key, Value: v})
	if err != nil {
		return nil, err
	}
	return e.with(func(c *Event) { c.Record, c.light = stored.Record, false }), nil
}

// Is reports whether both are the same event, parked for the same set.
func (e *Event) Is(other *Event) bool { return other != nil && bytes.Equal(e.key, other.key) }

// Waiting returns the event as one that is not due, and not reported.
func (e *Event) Waiting() *Event {
	return e.with(func(c *Event) { c.Due, c.Reported = nil, false })
}

// with returns a copy of the event that change changed.
func (e *Event) with(change func(*Event)) *Event {
	c := *e
	change(&c)
	return &c
}

// same reports whether rows are the same, in whatever order.
func same(a, b []Row) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !slices.ContainsFunc(b, a[i].equal) {
			return false
		}
	}
	return true
}

func (r Row) equal(other Row) bool { return r.Table == other.Table && bytes.Equal(r.Key, other.Key) }
