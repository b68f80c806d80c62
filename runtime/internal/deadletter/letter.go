// Package deadletter holds events that were put aside: how letters are stored, how they are made
// smaller when the store takes less, which keys they block, and what a generation put aside.
//
// Letters, SetAside and Blocked have no lock: a letter belongs to who made
// or decoded it, SetAside to the rebuild that reads by it, and Blocked to the task of its partition
// or to whoever holds the quiesce lock. Only letters of emissions and jobs may be counted beside the
// task.
package deadletter

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/key"
)

// Letter is a dead letter with what only the runtime needs to know of it.
type Letter struct {
	brook.DeadLetter
	Owes  []string // sets that did not act on the event, although Silent is set
	Stack []byte   // of a panic, for people
	Job   []byte   // for stage job, what package jobs keeps besides
	sum   uint64   // of the whole record, if Omitted is not 0; 0: it is not known
}

// AfterCommit reports whether the letter is of what the commit of an event left to do, and failed:
// of an emission or a job. The event was applied; such a letter holds up no event, no rebuild makes
// one, and it comes and goes beside the task of the partition.
func (l *Letter) AfterCommit() bool {
	return l.Stage == brook.StageEmit || l.Stage == brook.StageJob
}

// AppendKey appends the letter's key in its table, which orders letters as the log does.
func (l *Letter) AppendKey(dst []byte) []byte {
	dst = partition.Of(l.Position).AppendKey(dst)
	dst = key.AppendInt(dst, l.Position.Offset)
	switch l.Stage {
	case brook.StageJob:
		dst = append(dst, 2)
	default:
		dst = key.AppendBool(dst, l.Stage == brook.StageEmit)
	}
	dst = key.AppendString(dst, l.Set)
	dst = key.AppendInt(dst, l.Ordinal)
	if l.Position.IsZero() {
		dst = key.AppendString(dst, l.ID)
	}
	return dst
}

// storedLetter is the JSON that a letter is stored as. The record's value follows it as it is. JSON
// has no times outside the years 0 to 9999, and records of others may have such times, so the
// record's time is two numbers.
type storedLetter struct {
	Position partition.StoredPosition // instead of the letter's
	brook.DeadLetter
	Seconds int64 // of the record's time, since 1970
	Nanos   int
	Owes    []string `json:",omitempty"` // of the letter, as Sum is
	Sum     uint64   `json:",omitempty"`
	Job     []byte   `json:",omitempty"`
	Stack   []byte   `json:",omitempty"`
	// Length is that of the value behind the JSON. nil: the value is in the JSON, as in layout 1,
	// or there is none.
	Length *int
}

// Write returns the write that stores the letter.
func (l *Letter) Write(t brook.Table) brook.Write {
	at := l.Record.Time
	stored := storedLetter{
		Position:   partition.StoredPosition(l.Position),
		DeadLetter: l.DeadLetter, Seconds: at.Unix(), Nanos: at.Nanosecond(), Owes: l.Owes,
		Sum: l.sum, Job: l.Job, Stack: l.Stack[:min(len(l.Stack), maxStack)],
	}
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
	return brook.Write{Table: t, Key: l.AppendKey(nil), Value: append(b, value...)}
}

// Decode returns a stored letter. Its Record.Value may share the bytes of v. The error wraps
// ErrPermanent.
func Decode(v brook.Value) (l Letter, err error) {
	var stored storedLetter
	data := v.Data.([]byte)
	d := json.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(&stored); err != nil {
		return l, fmt.Errorf("brook: stored dead letter: %w: %w", err, brook.ErrPermanent)
	}
	l.DeadLetter = stored.DeadLetter
	l.Position = brook.Position(stored.Position)
	l.Owes, l.sum, l.Job = stored.Owes, stored.Sum, stored.Job
	l.Stack = stored.Stack
	l.Record.Time = time.Unix(stored.Seconds, int64(stored.Nanos)).UTC()
	if value := data[d.InputOffset():]; stored.Length != nil {
		if len(value) != *stored.Length {
			return l, fmt.Errorf("brook: stored dead letter: "+
				"the record's value has %d bytes, and had %d: %w",
				len(value), *stored.Length, brook.ErrPermanent)
		}
		l.Record.Value = slices.Clip(value)
	}
	return l, nil
}
