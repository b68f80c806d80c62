package typed

import (
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/key"
	"github.com/brookgen/brookgen/runtime/pack"
)

// Collection is a [brook.Collection] whose functions know their types.
type Collection[K comparable, V any] struct {
	Name   string
	Shape  key.Shape
	Fields []int
	// AppendKey appends the encoded key to dst.
	AppendKey func(dst []byte, k K) []byte
	// DecodeKey returns an encoded key, which shares no bytes with encoded.
	DecodeKey func(encoded []byte) (K, error)
	// Key returns a pointer to the key field of a value; nil if values do not carry their key.
	Key func(*V) *K
	// Clone makes dst what encoding and decoding src would make of it; nil: an assignment does.
	Clone   func(dst, src *V) error
	Pack    func(c *pack.Coder, v *V)
	Schema  string
	History bool
	Indexes []IndexDef[V]

	def *brook.Collection // what Def returned
}

// IndexDef is a [brook.IndexDef] whose function knows its type.
type IndexDef[V any] struct {
	Field   string
	Shape   key.Shape
	Unique  bool
	Entries func(v *V, e *brook.Entries)
}

// Def returns c as the runtime takes it, always the same: c must not be changed after the first
// call, nor be used by several goroutines until then.
func (c *Collection[K, V]) Def() *brook.Collection {
	if c.def != nil {
		return c.def
	}
	c.def = &brook.Collection{Name: c.Name, Shape: c.Shape, Fields: c.Fields,
		Cast: cast[V], Plain: c.Clone == nil, Schema: c.Schema, History: c.History,
		Copy: func(dst, src any) error {
			if c.Clone == nil {
				*dst.(*V) = *src.(*V)
				return nil
			}
			*dst.(*V) = *new(V)
			return c.Clone(dst.(*V), src.(*V))
		},
	}
	if c.Key != nil {
		c.def.Key = func(v any) any { return c.Key(v.(*V)) }
	}
	if c.Pack != nil {
		c.def.Pack = func(coder *pack.Coder, v any) { c.Pack(coder, v.(*V)) }
	}
	for _, x := range c.Indexes {
		def := brook.IndexDef{Field: x.Field, Shape: x.Shape, Unique: x.Unique}
		if x.Entries != nil {
			def.Entries = func(v any, e *brook.Entries) { x.Entries(v.(*V), e) }
		}
		c.def.Indexes = append(c.def.Indexes, def)
	}
	return c.def
}

func cast[V any](v any) any {
	if at, ok := v.(*V); ok {
		return at
	}
	return new(V)
}
