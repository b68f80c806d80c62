// Package repeats recognizes events that were folded before: emissions of brook by their sequence
// and, with Config.DropRepeats, every event by its author and ID.
//
// A processor.Partition is made with a Filter, and owns it. The goroutine of its task uses it, or
// whoever holds the quiesce lock; it has no lock of its own.
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

// Filter recognizes the repeats of one partition. It reads what it needs to know from the store.
type Filter struct {
	id   partition.ID
	size int // of the window; 0: there is none

	last   map[string]brook.Sequence // the highest sequence of each stream that was met
	moved  map[string]brook.Sequence // those of it that the batch moved on
	window *window                   // nil: not read yet
	hash   eventHash                 // of the last event; zero: the window need not remember it
}

// NewFilter returns the filter of a partition. size is Config.DropRepeats.
func NewFilter(id partition.ID, size int) *Filter { return &Filter{id: id, size: size} }

// Looks reports whether the filter has anything to compare an event by: neither Repeated nor Accept
// does anything about any other.
func (f *Filter) Looks(m *brook.Message) bool { return f.size != 0 || m.Lane != "" }

// Repeated reports whether an event was folded before. named says that its record has an ID;
// folded and window are the tables of the views.
func (f *Filter) Repeated(
	ctx context.Context, r brook.Reader, folded, window brook.Table, m *brook.Message, named bool,
) (bool, error) {
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

// overtaken reports whether the stream of an emission came as far before.
func (f *Filter) overtaken(
	ctx context.Context, r brook.Reader, t brook.Table, m *brook.Message,
) (bool, error) {
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
				return false, fmt.Errorf("brook: stored sequence of stream %s: %w: %w",
					m.Lane, err, brook.ErrPermanent)
			}
		}
		if f.last == nil {
			f.last = map[string]brook.Sequence{}
		}
		f.last[string(k)] = last
	}
	return !m.Sequence.After(last), nil
}

// Accept takes the event that Repeated was last called with into the batch. remembered says that
// later events are compared with its author and ID.
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

// streamKey returns the key of the sequence of an emission's stream in this partition.
func (f *Filter) streamKey(m *brook.Message) []byte {
	return key.AppendString(key.AppendString(f.id.AppendKey(nil), m.Author), m.Lane)
}

// Writes appends what stores the sequences and the window as the batch leaves them.
func (f *Filter) Writes(writes []brook.Write, folded, window brook.Table) []brook.Write {
	for k, s := range f.moved {
		writes = append(writes,
			brook.Write{Table: folded, Key: []byte(k), Value: encodeSequence(s)})
	}
	return f.window.writes(writes, window, f.id)
}

// Committed notes that what Writes returned is in the store.
func (f *Filter) Committed() {
	clear(f.moved)
	f.window.commit()
}

// Reset forgets everything, to be read from the store again: the batch was put back, or the views
// are others.
func (f *Filter) Reset() { f.last, f.moved, f.window = nil, nil, nil }

// encodeSequence returns the stored form of a sequence.
func encodeSequence(s brook.Sequence) []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 12), uint64(s.Offset))
	return binary.BigEndian.AppendUint32(b, uint32(s.Ordinal))
}

// decodeSequence decodes a sequence. The error is key.ErrCorrupt.
func decodeSequence(b []byte) (brook.Sequence, error) {
	if len(b) != 12 {
		return brook.Sequence{}, key.ErrCorrupt
	}
	return brook.Sequence{
		Offset:  int64(binary.BigEndian.Uint64(b)),
		Ordinal: int32(binary.BigEndian.Uint32(b[8:])),
	}, nil
}
