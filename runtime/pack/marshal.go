package pack

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
)

var errInterface = errors.New("pack: a value in an interface with methods can't be read back")

// Text codes a value through MarshalText and UnmarshalText.
func Text[T any, P interface {
	*T
	encoding.TextMarshaler
	encoding.TextUnmarshaler
}](c *Coder, p *T) {
	if c.reading {
		b, ok := c.text("text")
		c.unmarshal(b, ok, P(p).UnmarshalText)
		return
	}
	b, err := P(p).MarshalText()
	if c.marshalled(b, err) {
		c.buf = append(appendLen(c.buf, len(b), codeFixStr, 32, codeStr8, true), b...)
	}
}

// Binary codes a value through MarshalBinary and UnmarshalBinary.
func Binary[T any, P interface {
	*T
	encoding.BinaryMarshaler
	encoding.BinaryUnmarshaler
}](c *Coder, p *T) {
	if c.reading {
		b, ok := c.binary("binary")
		c.unmarshal(b, ok, P(p).UnmarshalBinary)
		return
	}
	b, err := P(p).MarshalBinary()
	if c.marshalled(b, err) {
		c.buf = appendBinary(c.buf, b)
	}
}

// JSON codes a value through MarshalJSON and UnmarshalJSON.
func JSON[T any, P interface {
	*T
	json.Marshaler
	json.Unmarshaler
}](c *Coder, p *T) {
	if c.reading {
		b, ok := c.binary("JSON as binary")
		c.unmarshal(b, ok, P(p).UnmarshalJSON)
		return
	}
	b, err := P(p).MarshalJSON()
	if c.marshalled(b, err) {
		c.buf = appendBinary(c.buf, b)
	}
}

func (c *Coder) marshalled(b []byte, err error) bool {
	if err != nil {
		c.fail(fmt.Errorf("pack: %w", err))
		return false
	}
	return c.fits(len(b))
}

func (c *Coder) unmarshal(b []byte, ok bool, decode func([]byte) error) {
	if !ok {
		return
	}
	if err := decode(b); err != nil {
		c.fail(fmt.Errorf("pack: value that ends at byte %d: %w", c.pos, err))
	}
}
