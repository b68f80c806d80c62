package brook

import (
	"encoding/binary"
	"fmt"

	"github.com/brookgen/brookgen/runtime/pack"
)

// Shape knows the shapes, see [pack.Schema], that the values of one collection were ever written
// in. Each has a number in the store. It is safe for concurrent use. Package engine implements it.
type Shape interface {
	// Number returns the number of the shape that this code writes.
	Number() (uint64, error)
	// Upgrade returns the bytes of a value of the shape with that number in the shape that this
	// code writes. It may return data itself. The error wraps ErrUnreadable if the value does not
	// fit.
	Upgrade(number uint64, data []byte) ([]byte, error)
}

// Codec returns the codec of the values of c: the number of the shape as an unsigned varint (see
// encoding/binary), then the value in MessagePack, as package pack writes it.
func (c *Collection) Codec(s Shape) Codec {
	return &rowCodec{c, c.Pack != nil && c.Schema != "", s}
}

// rowCodec is the codec of one collection, see Collection.Codec.
type rowCodec struct {
	def      *Collection
	complete bool // the generator left nothing out
	shape    Shape
}

// Append appends a value, a *V, to dst. If the error is not nil, it returns dst as it was.
func (c *rowCodec) Append(dst []byte, value any) ([]byte, error) {
	if !c.def.fits(value) {
		return dst, fmt.Errorf("brook: %s: a %T is none of its values: %w",
			c.def.Name, value, ErrPermanent)
	}
	if !c.complete {
		return dst, c.incomplete()
	}
	number, err := c.shape.Number()
	if err != nil {
		return dst, err
	}
	out, err := pack.AppendValue(binary.AppendUvarint(dst, number), value, c.def.Pack)
	if err != nil {
		return out[:len(dst)], fmt.Errorf("brook: value of %s: %w", c.def.Name, err)
	}
	return out, nil
}

// Decode returns a new *V. The error wraps ErrUnreadable if data does not fit V.
func (c *rowCodec) Decode(data []byte) (any, error) {
	if !c.complete {
		return nil, c.incomplete()
	}
	number, n := binary.Uvarint(data)
	if n <= 0 {
		return nil, fmt.Errorf("%w: value of %s: its bytes don't begin with a shape",
			ErrUnreadable, c.def.Name)
	}
	data, err := c.shape.Upgrade(number, data[n:])
	if err != nil {
		return nil, c.def.maskUpgrade(err)
	}
	v := c.def.Cast(nil)
	if err := pack.DecodeValue(data, v, c.def.Pack); err != nil {
		return nil, fmt.Errorf("%w: value of %s: %w", ErrUnreadable, c.def.Name,
			c.def.MaskError(err))
	}
	return v, nil
}

func (c *rowCodec) incomplete() error {
	return fmt.Errorf("brook: %s can't be turned into bytes: run brookgen again", c.def.Name)
}
