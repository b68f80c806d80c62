package brook

import (
	"encoding/binary"
	"fmt"
	"strconv"

	"github.com/brookgen/brookgen/runtime/internal/schema"
	"github.com/brookgen/brookgen/runtime/key"
	"github.com/brookgen/brookgen/runtime/pack"
)

// Collection describes a collection to the runtime, and never changes. Generated code uses it.
type Collection[K comparable, V any] struct {
	Name  string
	Shape key.Shape
	// Fields tells how many parts of Shape each field of a composite key has; nil: one each.
	Fields    []int
	AppendKey func(dst []byte, k K) []byte
	DecodeKey func(encoded []byte) (K, error)
	// Key points at the key field of a value; nil where the value does not carry its key.
	Key func(*V) *K
	// Clone makes dst what one encode and decode of src would give. Nil: an assignment does.
	Clone func(dst, src *V) error
	// Pack writes a value as stores keep it, or reads it; Schema is the shape of what it writes, see [pack.Schema].
	Pack    func(c *pack.Coder, v *V)
	Schema  string
	History bool
	Indexes []IndexDef[V]
}

// IndexDef describes an indexed field. Generated code uses it.
type IndexDef[V any] struct {
	Field  string // as in the struct
	Shape  key.Shape
	Unique bool
	// Entries adds the key bytes of each value that the row is to be found by.
	Entries func(v *V, e *Entries)
}

// Info returns the plain data of the description.
func (c *Collection[K, V]) Info() schema.Collection {
	info := schema.Collection{Name: c.Name, Shape: c.Shape, History: c.History, Schema: c.Schema}
	for _, x := range c.Indexes {
		info.Indexes = append(info.Indexes, schema.Index{Field: x.Field, Shape: x.Shape, Unique: x.Unique})
	}
	return info
}

// Entries adds to e what a value, a *V, is found by in one index.
func (c *Collection[K, V]) Entries(index int, value any, e *Entries) {
	if v, ok := value.(*V); ok {
		c.Indexes[index].Entries(v, e)
	}
}

// Misfit returns the error of a value that a store of Go values has from another package or another version of this one; nil where value is this
// collection's.
func (c *Collection[K, V]) Misfit(value any) error {
	if _, ok := value.(*V); ok {
		return nil
	}
	return fmt.Errorf("%w: value of %s: the store holds it as a %T, which is a type of other code", ErrUnreadable, c.Name, value)
}

// KeyText returns an encoded key as people read it in a message, a string in quotes.
func (c *Collection[K, V]) KeyText(encoded []byte) string { return keyText(c.Shape, encoded) }

// keyText gives a key as people read it in a message, a string in quotes.
func keyText(shape key.Shape, encoded []byte) string {
	text, err := shape.Text(nil, encoded)
	if err != nil || shape == "string" {
		return strconv.Quote(string(text))
	}
	return string(text)
}

// own gives the caller's own copy of a stored value.
//
//go:noinline
func (c *Collection[K, V]) own(value Value, err error) (V, error) {
	if err != nil {
		return *new(V), err
	}
	at, ok := value.Data.(*V)
	if !ok {
		return *new(V), c.Misfit(value.Data)
	}
	if c.Clone != nil && value.Shared {
		own := new(V)
		err = c.Clone(own, at)
		at = own
	}
	return *at, err
}

// yield hands a row to an iteration, and reports whether that wants more.
//
//go:noinline
func (c *Collection[K, V]) yield(u *use, yield func(Entry[K, V], error) bool, row Row, err error) bool {
	var e Entry[K, V]
	if err == nil {
		e.Key, err = c.DecodeKey(row.Key)
	}
	e.Value, err = c.own(row.Value, err)
	u.leave()
	return yield(e, err) && err == nil
}

// Copied gives a copy of a value, in the place of spare where there is one.
func (c *Collection[K, V]) Copied(value, spare any) (any, error) {
	dst, ok := spare.(*V)
	if !ok {
		dst = new(V)
	}
	if c.Clone == nil {
		*dst = *value.(*V)
		return dst, nil
	}
	*dst = *new(V)
	return dst, c.Clone(dst, value.(*V))
}

// Stored gives what a store would keep of a value, which shares nothing with what the handler holds.
func (c *Collection[K, V]) Stored(value any) (any, error) {
	if c.Clone == nil {
		return value, nil
	}
	return c.Copied(value, nil)
}

// AnyCollection is a [Collection] of whatever types. Generated code uses it.
type AnyCollection interface {
	Info() schema.Collection
	Copied(value, spare any) (any, error)
	Stored(value any) (any, error)
	prefixLen(encoded []byte, n int) (int, error)
	Entries(index int, value any, e *Entries)
	Misfit(value any) error
	KeyText(encoded []byte) string
	Codec(s Shape) Codec
}

func (c *Collection[K, V]) prefixLen(encoded []byte, n int) (int, error) {
	fields := len(c.Fields)
	if c.Fields == nil {
		fields = c.Shape.Parts()
	}
	if n < 1 || n > fields {
		return 0, fmt.Errorf("the key has %d", fields)
	}
	if c.Fields == nil {
		return c.Shape.Len(encoded, n)
	}
	parts := 0
	for _, p := range c.Fields[:n] {
		parts += p
	}
	return c.Shape.Len(encoded, parts)
}

// Shape is in which shapes the values of one collection were ever written. Package engine implements it.
type Shape interface {
	// Number returns the number of the shape that the code writes.
	Number() (uint64, error)
	// Upgrade returns a value of an earlier shape in the one that the code writes, perhaps data itself. An error wraps ErrUnreadable if it can't
	// be carried over.
	Upgrade(number uint64, data []byte) ([]byte, error)
}

// Codec returns what turns values into bytes and back.
func (c *Collection[K, V]) Codec(s Shape) Codec {
	return &rowCodec[V]{c.Name, c.Pack, c.Pack != nil && c.Schema != "", s}
}

// rowCodec turns a collection's values into bytes and back: the number of the shape, then the value by position.
type rowCodec[V any] struct {
	name     string
	pack     func(c *pack.Coder, v *V)
	complete bool // the generator left nothing out
	shape    Shape
}

// Append appends a value, which is a *V.
func (c *rowCodec[V]) Append(dst []byte, value any) ([]byte, error) {
	v, ok := value.(*V)
	if !ok {
		return dst, fmt.Errorf("brook: %s: a %T is none of its values: %w", c.name, value, ErrPermanent)
	}
	if !c.complete {
		return dst, c.incomplete()
	}
	number, err := c.shape.Number()
	if err != nil {
		return dst, err
	}
	out, err := pack.Append(binary.AppendUvarint(dst, number), v, c.pack)
	if err != nil {
		return out[:len(dst)], fmt.Errorf("brook: value of %s: %w", c.name, err)
	}
	return out, nil
}

// Decode makes a *V.
func (c *rowCodec[V]) Decode(data []byte) (any, error) {
	if !c.complete {
		return nil, c.incomplete()
	}
	number, n := binary.Uvarint(data)
	if n <= 0 {
		return nil, fmt.Errorf("%w: value of %s: its bytes don't begin with a shape", ErrUnreadable, c.name)
	}
	data, err := c.shape.Upgrade(number, data[n:])
	if err != nil {
		return nil, err
	}
	v := new(V)
	if err := pack.Decode(data, v, c.pack); err != nil {
		return nil, fmt.Errorf("%w: value of %s: %w", ErrUnreadable, c.name, err)
	}
	return v, nil
}

func (c *rowCodec[V]) incomplete() error {
	return fmt.Errorf("brook: %s can't be turned into bytes: run brookgen again", c.name)
}
