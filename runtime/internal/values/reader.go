// Package values reads the values of rows as stores have them: in whatever shape they were written,
// for who compares them or shows them to people.
//
// Packages comparison and inspection use it. A Reader belongs to one goroutine, and has no lock.
package values

import (
	"encoding/binary"
	"errors"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/shapes"
	"github.com/brookgen/brookgen/runtime/pack"
	"github.com/brookgen/brookgen/runtime/wire"
)

// Reader reads the values of one collection in one generation.
type Reader struct {
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

// NewReader returns a reader of the values of def, whose shape by the code is schema, in a
// generation with these shapes.
func NewReader(def *brook.Collection, schema *pack.Schema, known *shapes.Shapes) *Reader {
	return &Reader{def: def, schema: schema, shapes: known, known: map[uint64]shape{}}
}

// Value is a value as it is stored, and as the code reads it.
type Value struct {
	Data       []byte // as the code would write it; nil: see Unreadable
	Unreadable error  // why there is no Data

	written *pack.Schema // the shape of raw; nil: raw is nil
	raw     []byte
}

// Read reads a value, which is valid until the next call. v is as a store of bytes has it, or a *V.
func (s *Reader) Read(v brook.Value) (Value, error) {
	raw, encoded := v.Data.([]byte)
	if !encoded {
		return s.typed(v.Data)
	}
	number, n := binary.Uvarint(raw)
	if n <= 0 {
		return Value{Unreadable: errors.New("its bytes don't begin with a shape")}, nil
	}
	at, err := s.shape(number)
	if err != nil {
		return Value{}, err
	}
	out := Value{written: at.schema, raw: raw[n:], Data: raw[n:]}
	if at.change != nil {
		if out.Data, err = s.upgrade(at.change, raw[n:]); err != nil {
			out.Data, out.Unreadable = nil, s.def.MaskError(err)
		}
	}
	return out, nil
}

// upgrade returns the bytes that the code would write for a value of an earlier shape: a Transcoder
// writes nil for what is zero.
func (s *Reader) upgrade(change *pack.Transcoder, raw []byte) (data []byte, err error) {
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
func (s *Reader) typed(v any) (out Value, err error) {
	if out.Unreadable = s.def.Misfit(v); out.Unreadable != nil {
		return out, nil //nolint:nilerr // that a value can't be read is what is compared
	}
	if s.buf, err = pack.AppendValue(s.buf[:0], v, s.def.Pack); err != nil {
		return Value{}, err
	}
	return Value{written: s.schema, raw: s.buf, Data: s.buf}, nil
}

// shape returns the shape of a number.
func (s *Reader) shape(number uint64) (shape, error) {
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

// Text returns a value as JSON, for people. Of a collection with pii it is as the code reads it: in
// what was written by other code, nobody knows what to mask.
func (s *Reader) Text(v Value) string {
	written, raw := v.written, v.raw
	switch {
	case written == nil:
		return ""
	case s.def.PII == nil:
	case v.Unreadable != nil:
		return wire.Masked
	default:
		written, raw = s.schema, v.Data
	}
	text, err := written.AppendJSON(nil, raw)
	if err != nil {
		return fmt.Sprintf("damaged: %v", s.def.MaskError(err))
	}
	return string(s.def.Mask(text))
}

// JSON returns a value as JSON, as the code reads it, and the same as it may be shown. What the code
// can't read is as it was written, and nil if that is not known; none of it is shown if the
// collection has pii.
func (s *Reader) JSON(v Value) (actual, shown []byte, err error) {
	switch {
	case v.written == nil:
		return nil, nil, nil
	case v.Unreadable == nil:
		actual, err = s.schema.AppendJSON(nil, v.Data)
	default:
		actual, err = v.written.AppendJSON(nil, v.raw)
	}
	switch {
	case err != nil:
		return nil, nil, s.def.MaskError(err)
	case v.Unreadable != nil && s.def.PII != nil:
		return actual, []byte(wire.Masked), nil
	}
	return actual, s.def.Mask(actual), nil
}
