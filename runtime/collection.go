package brook

import (
	"fmt"
	"strconv"

	"github.com/brookgen/brookgen/runtime/internal/schema"
	"github.com/brookgen/brookgen/runtime/key"
	"github.com/brookgen/brookgen/runtime/pack"
)

// Collection describes a collection to the runtime. It never changes, and is safe for concurrent
// use. Generated code uses it.
type Collection[K comparable, V any] struct {
	Name string
	// Shape is the shape of the encoded key, see package key.
	Shape key.Shape
	// Fields has the number of parts of Shape that each field of a composite key has; nil: one
	// each.
	Fields []int
	// AppendKey appends the encoded key to dst.
	AppendKey func(dst []byte, k K) []byte
	// DecodeKey returns an encoded key, which shares no bytes with encoded.
	DecodeKey func(encoded []byte) (K, error)
	// Key returns a pointer to the key field of a value; nil if values do not carry their key.
	Key func(*V) *K
	// Clone makes dst what encoding and decoding src would make of it; nil: an assignment does.
	Clone func(dst, src *V) error
	// Pack writes or reads a value in the MessagePack that stores of bytes keep.
	Pack func(c *pack.Coder, v *V)
	// Schema is the shape of what Pack writes, see [pack.Schema]. It is "" if Pack leaves something
	// out: then a value can't be turned into bytes.
	Schema  string
	History bool // rows keep the events that made them
	Indexes []IndexDef[V]
}

// IndexDef describes an index of a collection. Generated code uses it.
type IndexDef[V any] struct {
	Field  string    // the name of the indexed field in the struct
	Shape  key.Shape // of an encoded value of the field
	Unique bool      // two rows can't have one value
	// Entries adds to e the key bytes of each value that v is to be found by.
	Entries func(v *V, e *Entries)
}

// Info returns the plain data of c.
func (c *Collection[K, V]) Info() schema.Collection {
	info := schema.Collection{Name: c.Name, Shape: c.Shape, History: c.History, Schema: c.Schema}
	for _, x := range c.Indexes {
		index := schema.Index{Field: x.Field, Shape: x.Shape, Unique: x.Unique}
		info.Indexes = append(info.Indexes, index)
	}
	return info
}

// Entries adds to e the key bytes that value, a *V, is found by in the index with that number. It
// adds nothing if value is of another type.
func (c *Collection[K, V]) Entries(index int, value any, e *Entries) {
	if v, ok := value.(*V); ok {
		c.Indexes[index].Entries(v, e)
	}
}

// Misfit returns nil if value is a *V, else an error that wraps [ErrUnreadable]: a store of Go
// values has the value from another package, or from another version of this one.
func (c *Collection[K, V]) Misfit(value any) error {
	if _, ok := value.(*V); ok {
		return nil
	}
	return fmt.Errorf("%w: value of %s: the store has it as a %T of another package or version",
		ErrUnreadable, c.Name, value)
}

// KeyText returns an encoded key as text for messages, a string in quotes.
func (c *Collection[K, V]) KeyText(encoded []byte) string { return keyText(c.Shape, encoded) }

// keyText returns an encoded key as text for messages, a string in quotes.
func keyText(shape key.Shape, encoded []byte) string {
	text, err := shape.Text(nil, encoded)
	if err != nil || shape == "string" {
		return strconv.Quote(string(text))
	}
	return string(text)
}

// own returns a copy of a stored value that is the caller's own. It returns err if that is not nil.
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

// yield decodes a row, leaves a and calls yield with the entry. It reports whether the iteration
// goes on.
//
//go:noinline
func (c *Collection[K, V]) yield(
	a *access, yield func(Entry[K, V], error) bool, row Row, err error,
) bool {
	var e Entry[K, V]
	if err == nil {
		e.Key, err = c.DecodeKey(row.Key)
	}
	e.Value, err = c.own(row.Value, err)
	a.leave()
	return yield(e, err) && err == nil
}

// Copied returns a copy of value, a *V, as another *V. It overwrites spare and returns it if spare
// is a *V.
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

// Stored returns what a store would keep of value, a *V. The result shares no memory with what the
// handler holds, and is value itself if an assignment copies all of it.
func (c *Collection[K, V]) Stored(value any) (any, error) {
	if c.Clone == nil {
		return value, nil
	}
	return c.Copied(value, nil)
}

// AnyCollection is a [Collection] of any types; only Collections implement it. Generated code uses
// it.
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

// prefixLen returns the length of the first n fields of an encoded key.
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
