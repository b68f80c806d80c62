// Package repeats tells events that come again from those that are new: emissions of brook by their
// sequence, and, with Config.DropRepeats, all events by author and ID.
package repeats

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/key"
)

// Filter knows the repeats of one partition. It reads from the store what it needs to know, and is used
// by the task of the partition alone.
type Filter struct {
	id   partition.ID
	size int // of the window; 0: there is none

	last   map[string]brook.Sequence // the highest sequence folded of a stream, filled as they are met
	moved  map[string]brook.Sequence // those that the batch moved on
	window *window                   // nil: it is not known
	hash   eventHash                 // of the event that was asked for last; zero: the window has no use for it
}

// NewFilter returns the filter of a partition. size is Config.DropRepeats.
func NewFilter(id partition.ID, size int) *Filter { return &Filter{id: id, size: size} }

// Repeated reports whether an event was folded before. named says that its record has an ID; folded and
// window are the tables of the views.
func (f *Filter) Repeated(ctx context.Context, r brook.Reader, folded, window brook.Table, m *brook.Message, named bool) (bool, error) {
	f.hash = eventHash{}
	if m.Lane != "" {
		if repeat, err := f.overtaken(ctx, r, folded, m); repeat || err != nil {
			return repeat, err
		}
	}
	if f.size == 0 || !named {
		return false, nil
	}
	if f.window == nil {
		w, err := openWindow(ctx, r, window, f.id, f.size)
		if err != nil {
			return false, err
		}
		f.window = w
	}
	hash := hashEvent(m)
	if _, known := f.window.last[hash]; known {
		return true, nil
	}
	f.hash = hash
	return false, nil
}

// overtaken reports whether the stream of an emission has come as far before.
func (f *Filter) overtaken(ctx context.Context, r brook.Reader, t brook.Table, m *brook.Message) (bool, error) {
	k := f.streamKey(m)
	last, ok := f.last[string(k)]
	if !ok {
		v, err := r.Get(ctx, t, k)
		switch {
		case errors.Is(err, brook.ErrNotFound):
			last = brook.Sequence{Offset: -1, Ordinal: -1}
		case err != nil:
			return false, err
		default:
			if last, err = decodeSequence(v.Data.([]byte)); err != nil {
				return false, fmt.Errorf("brook: stored mark of lane %s: %w: %w", m.Lane, err, brook.ErrPermanent)
			}
		}
		if f.last == nil {
			f.last = map[string]brook.Sequence{}
		}
		f.last[string(k)] = last
	}
	return !m.Sequence.After(last), nil
}

// Accept takes the event that was asked for last into the batch. remembered says that it is to be known
// by author and ID.
func (f *Filter) Accept(m *brook.Message, remembered bool) {
	if m.Lane != "" {
		k := f.streamKey(m)
		f.last[string(k)] = m.Sequence
		if f.moved == nil {
			f.moved = map[string]brook.Sequence{}
		}
		f.moved[string(k)] = m.Sequence
	}
	if remembered && f.hash != (eventHash{}) {
		f.window.add(f.hash)
	}
}

// streamKey names a stream of emissions as the partition receives it.
func (f *Filter) streamKey(m *brook.Message) []byte {
	return key.AppendString(key.AppendString(f.id.AppendKey(nil), m.Author), m.Lane)
}

// Writes appends what the batch moved on.
func (f *Filter) Writes(writes []brook.Write, folded, window brook.Table) []brook.Write {
	for k, s := range f.moved {
		writes = append(writes, brook.Write{Table: folded, Key: []byte(k), Value: encodeSequence(s)})
	}
	return f.window.writes(writes, window, f.id)
}

// Committed notes that what Writes returned is in the store.
func (f *Filter) Committed() {
	clear(f.moved)
	f.window.commit()
}

// Reset forgets all, to read it anew: the batch is put back, or the views are others.
func (f *Filter) Reset() { f.last, f.moved, f.window = nil, nil, nil }

func encodeSequence(s brook.Sequence) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(nil, uint64(s.Offset)), uint32(s.Ordinal))
}

func decodeSequence(b []byte) (brook.Sequence, error) {
	if len(b) != 12 {
		return brook.Sequence{}, key.ErrCorrupt
	}
	return brook.Sequence{Offset: int64(binary.BigEndian.Uint64(b)), Ordinal: int32(binary.BigEndian.Uint32(b[8:]))}, nil
}
