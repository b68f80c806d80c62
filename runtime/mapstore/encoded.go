package mapstore

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"sync/atomic"

	brook "github.com/brookgen/brookgen/runtime"
)

// encoded is the value of a row that came from a snapshot and was not written since. It is decoded
// when it is read first, since only the app that asks for the table has its codec, and some rows
// are never read.
type encoded struct {
	data    []byte
	decoded atomic.Pointer[decoded]
}

// decoded is a value with what decoded it.
type decoded struct {
	by    *codec
	value any
}

// codec is a codec that a table was asked for with.
type codec struct{ brook.Codec }

// codecOf returns the codec of a table that is c, nil for nil. The caller holds the writer's mutex.
func (t *table) codecOf(c brook.Codec) *codec {
	if c == nil {
		return nil
	}
	if reflect.TypeOf(c).Comparable() {
		for _, own := range t.codecs {
			if reflect.TypeOf(own.Codec) == reflect.TypeOf(c) && own.Codec == c {
				return own
			}
		}
	}
	t.codecs = append(t.codecs, &codec{c})
	return t.codecs[len(t.codecs)-1]
}

// open returns the value as the codec of a handle decodes it.
func (e *encoded) open(by *codec) (any, error) {
	if by == nil {
		return e.data, nil
	}
	if d := e.decoded.Load(); d != nil && d.by == by {
		return d.value, nil
	}
	value, err := by.Decode(e.data)
	if err != nil {
		return nil, err
	}
	e.decoded.CompareAndSwap(nil, &decoded{by, value})
	return value, nil
}

// encode appends the bytes of a value to dst, by the codec among those of its table that takes it,
// the newest first: apps of one process may have codecs of their own.
func encode(dst []byte, value any, codecs []*codec) (out []byte, err error) {
	if e, ok := value.(*encoded); ok {
		return append(dst, e.data...), nil
	}
	for _, by := range slices.Backward(codecs) {
		out, failed := by.append(dst, value)
		if failed == nil {
			return out, nil
		}
		err = cmp.Or(err, failed)
	}
	if data, ok := value.([]byte); ok {
		return append(dst, data...), nil
	}
	return dst, cmp.Or(err, fmt.Errorf("a value of type %T, in a table without a codec", value))
}

// append appends the bytes of a value to dst.
func (c *codec) append(dst []byte, value any) (out []byte, err error) {
	defer func() {
		if r := recover(); r != nil { // it is of another type than the codec's
			out, err = dst, fmt.Errorf("encode a %T: %v", value, r)
		}
	}()
	return c.Append(dst, value)
}
