package engine

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/key"
)

// foldedKey names a lane of emissions as this partition receives it.
func foldedKey(f *feed, m *brook.Message) []byte {
	return key.AppendString(key.AppendString(f.ID.AppendKey(nil), m.Author), m.Lane)
}

// repeated reports whether an emission was folded before: its lane has come as far.
func (l *lane) repeated(ctx context.Context, f *feed, m *Delivery) (bool, error) {
	k := foldedKey(f, &m.message)
	last, ok := f.folded[string(k)]
	if !ok {
		v, err := l.app.reader.Get(ctx, l.gen.Folded, k)
		switch {
		case errors.Is(err, brook.ErrNotFound):
			last = brook.Sequence{Offset: -1, Ordinal: -1}
		case err != nil:
			return false, err
		default:
			if last, err = decodeSequence(v.Data.([]byte)); err != nil {
				return false, fmt.Errorf("brook: stored mark of lane %s: %w: %w", m.message.Lane, err, brook.ErrPermanent)
			}
		}
		if f.folded == nil {
			f.folded = map[string]brook.Sequence{}
		}
		f.folded[string(k)] = last
	}
	return !m.message.Sequence.After(last), nil
}

// foldedUpTo notes that the lane of an emission has come this far.
func (l *lane) foldedUpTo(f *feed, m *Delivery) {
	k := foldedKey(f, &m.message)
	f.folded[string(k)] = m.message.Sequence
	if l.folded == nil {
		l.folded = map[string]brook.Sequence{}
	}
	l.folded[string(k)] = m.message.Sequence
}

func encodeSequence(s brook.Sequence) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(nil, uint64(s.Offset)), uint32(s.Ordinal))
}

func decodeSequence(b []byte) (brook.Sequence, error) {
	if len(b) != 12 {
		return brook.Sequence{}, key.ErrCorrupt
	}
	return brook.Sequence{Offset: int64(binary.BigEndian.Uint64(b)), Ordinal: int32(binary.BigEndian.Uint32(b[8:]))}, nil
}
