package comparison

import (
	"encoding/binary"
	"errors"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/shapes"
	"github.com/brookgen/brookgen/runtime/pack"
	"github.com/brookgen/brookgen/runtime/wire"
)

// side reads the values of one collection in one generation.
type side struct {
	def    *brook.Collection
	schema *pack.Schema // of the code
	shapes *shapes.Shapes
	known  map[uint64]shape
	buf    []byte // of the value that was read last
}

// shape is one in which values were written.
type shape struct {
	schema *pack.Schema
	change *pack.Transcoder // into the shape of the code; nil: there is nothing to change
}

func newSide(def *brook.Collection, schema *pack.Schema, known *shapes.Shapes) *side {
	return &side{def: def, schema: schema, shapes: known, known: map[uint64]shape{}}
}

// value is a value as it is stored, and as the code reads it.
type value struct {
	written    *pack.Schema // the shape of raw; nil: raw is nil
	raw        []byte
	data       []byte // in the shape of the code
	unreadable error  // why there is no data
}

// read reads a value, which is valid until the next call.
func (s *side) read(v brook.Value) (value, error) {
	raw, encoded := v.Data.([]byte)
	if !encoded {
		return s.typed(v.Data)
	}
	number, n := binary.Uvarint(raw)
	if n <= 0 {
		return value{unreadable: errors.New("its bytes don't begin with a shape")}, nil
	}
	at, err := s.shape(number)
	if err != nil {
		return value{}, err
	}
	out := value{written: at.schema, raw: raw[n:], data: raw[n:]}
	if at.change != nil {
		if out.data, err = s.upgrade(at.change, raw[n:]); err != nil {
			out.data, out.unreadable = nil, s.def.MaskError(err)
		}
	}
	return out, nil
}

// upgrade returns the bytes that the code would write for a value of an earlier shape: a Transcoder
// writes nil for what is zero.
func (s *side) upgrade(change *pack.Transcoder, raw []byte) (data []byte, err error) {
	if s.buf, err = change.Append(s.buf[:0], raw); err != nil {
		return nil, err
	}
	v := s.def.Cast(nil)
	if err := pack.DecodeValue(s.buf, v, s.def.Pack); err != nil {
		return nil, err
	}
	s.buf, err = pack.AppendValue(s.buf[:0], v, s.def.Pack)
	return s.buf, err
}

// typed reads a value of a store that keeps Go values.
func (s *side) typed(v any) (out value, err error) {
	if out.unreadable = s.def.Misfit(v); out.unreadable != nil {
		return out, nil //nolint:nilerr // that a value can't be read is what is compared
	}
	if s.buf, err = pack.AppendValue(s.buf[:0], v, s.def.Pack); err != nil {
		return value{}, err
	}
	return value{written: s.schema, raw: s.buf, data: s.buf}, nil
}

// shape returns the shape of a number.
func (s *side) shape(number uint64) (shape, error) {
	if at, ok := s.known[number]; ok {
		return at, nil
	}
	text, err := s.shapes.Find(s.def.Name, number)
	if errors.Is(err, shapes.ErrUnknown) {
		err = fmt.Errorf("%w: %w", err, brook.ErrPermanent)
	}
	if err != nil {
		return shape{}, fmt.Errorf("shape %d: %w", number, err)
	}
	at := shape{schema: s.schema}
	if text != s.def.Schema {
		if at.schema, err = pack.ParseSchema(text); err == nil {
			at.change, err = pack.NewTranscoder(at.schema, s.schema)
		}
		if err != nil {
			return shape{}, fmt.Errorf("shape %d: %w: %w", number, err, brook.ErrPermanent)
		}
	}
	s.known[number] = at
	return at, nil
}

// text returns a value as JSON, for people. Of a collection with pii it is as the code reads it: in
// what was written by other code, nobody knows what to mask.
func (s *side) text(v value) string {
	written, raw := v.written, v.raw
	switch {
	case written == nil:
		return ""
	case s.def.PII == nil:
	case v.unreadable != nil:
		return wire.Masked
	default:
		written, raw = s.schema, v.data
	}
	text, err := written.AppendJSON(nil, raw)
	if err != nil {
		return fmt.Sprintf("damaged: %v", s.def.MaskError(err))
	}
	return string(s.def.Mask(text))
}
