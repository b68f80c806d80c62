// Package deadletter holds events that were put aside: how they are stored, made smaller, and which keys they hold up.
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
	Owes  []string // sets that did not act, although Silent is set
	sum   uint64   // of the whole record, where Omitted is not 0; 0: it is not known
	Stack []byte   // of a panic, for the log; it is not stored
}

// AppendKey appends the letter's key in its table: in log order.
func (l *Letter) AppendKey(dst []byte) []byte {
	dst = partition.Of(l.Position).AppendKey(dst)
	dst = key.AppendInt(dst, l.Position.Offset)
	dst = key.AppendBool(dst, l.Stage == brook.StageEmit)
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
	brook.DeadLetter
	Seconds int64 // the record's time
	Nanos   int
	Owes    []string `json:",omitempty"` // the letter's owes
	Sum     uint64   `json:",omitempty"` // the letter's sum
	Length  *int     // of the value behind the JSON; nil: there is none, unless in the JSON, where layout 1 had it
}

func (l *Letter) Write(t brook.Table) brook.Write {
	stored := storedLetter{DeadLetter: l.DeadLetter, Seconds: l.Record.Time.Unix(), Nanos: l.Record.Time.Nanosecond(), Owes: l.Owes, Sum: l.sum}
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

// Decode gives a letter whose Record.Value may be the store's.
func Decode(v brook.Value) (l Letter, err error) {
	var stored storedLetter
	data := v.Data.([]byte)
	d := json.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(&stored); err != nil {
		return l, fmt.Errorf("brook: stored dead letter: %w: %w", err, brook.ErrPermanent)
	}
	l.DeadLetter = stored.DeadLetter
	l.Owes, l.sum = stored.Owes, stored.Sum
	l.Record.Time = time.Unix(stored.Seconds, int64(stored.Nanos)).UTC()
	if value := data[d.InputOffset():]; stored.Length != nil {
		if len(value) != *stored.Length {
			return l, fmt.Errorf("brook: stored dead letter: the record's value has %d bytes, and had %d: %w", len(value), *stored.Length, brook.ErrPermanent)
		}
		l.Record.Value = slices.Clip(value)
	}
	return l, nil
}
