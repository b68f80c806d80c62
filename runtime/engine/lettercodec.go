package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/key"
)

// deadLetter is a dead letter with what only the runtime needs to know of it.
type deadLetter struct {
	brook.DeadLetter
	owes  []string // sets that did not act, although Silent is set
	sum   uint64   // of the whole record, where Omitted is not 0; 0: it is not known
	stack []byte   // of a panic, for the log; it is not stored
}

// appendKey appends the letter's key in its table: in log order.
func (l *deadLetter) appendKey(dst []byte) []byte {
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

func (l *deadLetter) write(t brook.Table) brook.Write {
	stored := storedLetter{DeadLetter: l.DeadLetter, Seconds: l.Record.Time.Unix(), Nanos: l.Record.Time.Nanosecond(), Owes: l.owes, Sum: l.sum}
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
	return brook.Write{Table: t, Key: l.appendKey(nil), Value: append(b, value...)}
}

// decodeLetter gives a letter whose Record.Value may be the store's.
func decodeLetter(v brook.Value) (l deadLetter, err error) {
	var stored storedLetter
	data := v.Data.([]byte)
	d := json.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(&stored); err != nil {
		return l, fmt.Errorf("brook: stored dead letter: %w: %w", err, brook.ErrPermanent)
	}
	l.DeadLetter = stored.DeadLetter
	l.owes, l.sum = stored.Owes, stored.Sum
	l.Record.Time = time.Unix(stored.Seconds, int64(stored.Nanos)).UTC()
	if value := data[d.InputOffset():]; stored.Length != nil {
		if len(value) != *stored.Length {
			return l, fmt.Errorf("brook: stored dead letter: the record's value has %d bytes, and had %d: %w", len(value), *stored.Length, brook.ErrPermanent)
		}
		l.Record.Value = slices.Clip(value)
	}
	return l, nil
}

// DeadLetters gives all dead letters in log order: by topic, partition, offset.
func (a *App) DeadLetters() iter.Seq2[brook.DeadLetter, error] { return a.deadLetters(a.ctx) }

// deadLetters is DeadLetters until ctx ends.
func (a *App) deadLetters(ctx context.Context) iter.Seq2[brook.DeadLetter, error] {
	return func(yield func(brook.DeadLetter, error) bool) {
		if a.closed.Load() {
			yield(brook.DeadLetter{}, brook.ErrClosed)
			return
		}
		watch, err := a.guarded(ctx)
		if err != nil {
			yield(brook.DeadLetter{}, closing(ctx, err))
			return
		}
		defer watch.end()
		for row, err := range checked(ctx, watch, a.reader.Scan(ctx, watch.gen.letters, nil, nil)) {
			var l deadLetter
			if err == nil {
				l, err = decodeLetter(row.Value)
				l.Record.Value = bytes.Clone(l.Record.Value)
			}
			if !yield(l.DeadLetter, closing(ctx, err)) || err != nil {
				return
			}
		}
	}
}
