package brook

import (
	"fmt"
	"strconv"

	"github.com/brookgen/brookgen/runtime/internal/schema"
	"github.com/brookgen/brookgen/runtime/key"
	"github.com/brookgen/brookgen/runtime/pack"
)

// Collection describes a collection to the runtime, whatever its types K and V are: generic code
// would be compiled anew for every collection of every user. It never changes, and is safe for
// concurrent use. Generated code uses it.
type Collection struct {
	Name string
	// Shape is the shape of the encoded key, see package key.
	Shape key.Shape
	// Fields has the number of parts of Shape that each field of a composite key has; nil: one
	// each.
	Fields []int
	// Cast returns v itself if it is a *V, and else a new *V.
	Cast func(v any) any
	// Copy makes dst what encoding and decoding src would make of it. Both are a *V.
	Copy func(dst, src any) error
	// Plain is set if an assignment copies all of a value.
	Plain bool
	// Key returns a pointer to the key field of a value, as a *K; nil if values do not carry their
	// key.
	Key func(v any) any
	// Pack writes or reads a value, a *V, in the MessagePack that stores of bytes keep.
	Pack func(c *pack.Coder, v any)
	// Schema is the shape of what Pack writes, see [pack.Schema]. It is "" if Pack leaves something
	// out: then a value can't be turned into bytes.
	Schema  string
	History bool // rows keep the events that made them
	// PII are the paths of what is pii in the JSON of rows, see [wire.NewMask]; nil: nothing is.
	PII     []string
	Indexes []IndexDef
}

// IndexDef describes an index of a collection. Generated code uses it.
type IndexDef struct {
	Field  string    // the name of the indexed field in the struct
	Shape  key.Shape // of an encoded value of the field
	Unique bool      // two rows can't have one value
	PII    bool      // the values are pii
	// Entries adds to e the key bytes of each value that v, a *V, is to be found by.
	Entries func(v any, e *Entries)
}

// Info returns the plain data of c.
func (c *Collection) Info() schema.Collection {
	info := schema.Collection{Name: c.Name, Shape: c.Shape, History: c.History, Schema: c.Schema}
	for _, x := range c.Indexes {
		index := schema.Index{Field: x.Field, Shape: x.Shape, Unique: x.Unique}
		info.Indexes = append(info.Indexes, index)
	}
	return info
}

// Entries adds to e the key bytes that value, a *V, is found by in the index with that number. It
// adds nothing if value is of another type.
func (c *Collection) Entries(index int, value any, e *Entries) {
	if c.fits(value) {
		c.Indexes[index].Entries(value, e)
	}
}

// fits reports whether value is a *V.
func (c *Collection) fits(value any) bool { return value != nil && c.Cast(value) == value }

// Misfit returns nil if value is a *V, else an error that wraps [ErrUnreadable]: a store of Go
// values has the value from another package, or from another version of this one.
func (c *Collection) Misfit(value any) error {
	if c.fits(value) {
		return nil
	}
	return fmt.Errorf("%w: value of %s: the store has it as a %T of another package or version",
		ErrUnreadable, c.Name, value)
}

// KeyText returns an encoded key as text for messages, a string in quotes.
func (c *Collection) KeyText(encoded []byte) string { return keyText(c.Shape, encoded) }

// keyText returns an encoded key as text for messages, a string in quotes.
func keyText(shape key.Shape, encoded []byte) string {
	text, err := shape.Text(nil, encoded)
	if err != nil || shape == "string" {
		return strconv.Quote(string(text))
	}
	return string(text)
}

// readable returns a stored value as a *V of which an assignment makes a copy that is the
// caller's own.
func (c *Collection) readable(value Value) (any, error) {
	if err := c.Misfit(value.Data); err != nil {
		return nil, err
	}
	if c.Plain || !value.Shared {
		return value.Data, nil
	}
	return c.Copied(value.Data, nil)
}

// Copied returns a copy of value, a *V, as another *V. It overwrites spare and returns it if spare
// is a *V.
func (c *Collection) Copied(value, spare any) (any, error) {
	dst := c.Cast(spare)
	return dst, c.Copy(dst, value)
}

// Stored returns what a store would keep of value, a *V. The result shares no memory with what the
// handler holds, and is value itself if an assignment copies all of it.
func (c *Collection) Stored(value any) (any, error) {
	if c.Plain {
		return value, nil
	}
	return c.Copied(value, nil)
}

// prefixLen returns the length of the first n fields of an encoded key.
func (c *Collection) prefixLen(encoded []byte, n int) (int, error) {
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
