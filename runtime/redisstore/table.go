package redisstore

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	brook "github.com/brookgen/brookgen/runtime"
)

// table is a table of the store.
type table struct {
	store       *Store
	view        *view
	name        string // in full, as it was asked for
	rest        string // without the view's part
	rows, order string
	past        string // prefix of the keys of histories
}

// handle is a table with the codec and limits that it was asked for with: several apps may have
// it, each with its own.
type handle struct {
	*table
	codec brook.Codec
	keep  map[string]int
}

func newTable(s *Store, v *view, name, rest string) *table {
	escaped := escape(rest, ":")
	return &table{store: s, view: v, name: name, rest: rest, rows: v.tag + kindRows + escaped,
		order: v.tag + kindOrder + escaped, past: v.tag + kindPast + escaped + ":"}
}

// own returns t as a handle of this store.
func (s *Store) own(t brook.Table) (*handle, error) {
	if own, ok := t.(*handle); ok && own.store == s {
		return own, nil
	}
	return nil, fmt.Errorf("%w (%T)", errForeign, t)
}

// versionLen is the length of the version that a stored value begins with.
const versionLen = 8

// encode appends a value.
func (t *handle) encode(dst []byte, value any) ([]byte, error) {
	if t.codec == nil {
		b, ok := value.([]byte)
		if !ok {
			return dst,
				fmt.Errorf("redisstore: table %s: a value of type %T, and without a codec it must "+
					"be []byte", t.name, value)
		}
		return append(dst, b...), nil
	}
	dst, err := t.codec.Append(dst, value)
	if err != nil {
		return dst, fmt.Errorf("redisstore: table %s: encode a value: %w", t.name, err)
	}
	return dst, nil
}

// decode decodes a stored value with its version.
func (t *handle) decode(key, stored string) (v brook.Value, err error) {
	if len(stored) < versionLen {
		return v, fmt.Errorf("%w: table %s: the row at %.100q has no version", ErrDamaged,
			t.name, key)
	}
	v.Version = binary.BigEndian.Uint64([]byte(stored[:versionLen]))
	stored = stored[versionLen:]
	if t.codec == nil {
		v.Data = []byte(stored)
		return v, nil
	}
	// No copy: the reply is nobody else's, and what is decoded shares no memory with it.
	data := unsafe.Slice(unsafe.StringData(stored), len(stored))
	if v.Data, err = t.codec.Decode(data); err != nil {
		return brook.Value{}, fmt.Errorf("redisstore: table %s: decode the value at %.100q: %w",
			t.name, key, err)
	}
	return v, nil
}
