package brook

import (
	"fmt"

	"github.com/brookgen/brookgen/runtime/key"
	"github.com/brookgen/brookgen/runtime/pack"
)

// Collection describes a collection to the runtime; it is generated and never changes.
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

// IndexDef describes an indexed field.
type IndexDef[V any] struct {
	Field  string // as in the struct
	Shape  key.Shape
	Unique bool
	// Entries calls add with the key bytes of each value that the row is to be found by; add keeps none of them.
	Entries func(v *V, add func(encoded []byte))
}

func (c *Collection[K, V]) info() collectionInfo {
	info := collectionInfo{name: c.Name, shape: c.Shape, history: c.History, keyed: c.Key != nil, schema: c.Schema}
	for _, x := range c.Indexes {
		info.indexes = append(info.indexes, indexInfo{x.Field, x.Shape, x.Unique})
	}
	return info
}

func (c *Collection[K, V]) entries(index int, value any, add func(encoded []byte)) {
	c.Indexes[index].Entries(value.(*V), add)
}

func (c *Collection[K, V]) keyText(encoded []byte) string {
	text, err := c.Shape.Text(nil, encoded)
	if err != nil {
		return string(encoded)
	}
	return string(text)
}

// AnyCollection is a [Collection] of whatever types.
type AnyCollection interface {
	info() collectionInfo
	entries(index int, value any, add func(encoded []byte))
	keyText(encoded []byte) string
	codec(s *shapes) Codec
}

type collectionInfo struct {
	name    string
	shape   key.Shape
	history bool
	keyed   bool
	schema  string
	indexes []indexInfo
}

type indexInfo struct {
	field  string
	shape  key.Shape
	unique bool
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
