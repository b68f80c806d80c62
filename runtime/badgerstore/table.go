package badgerstore

import (
	"fmt"
	"sync/atomic"

	brook "github.com/brookgen/brookgen/runtime"
)

// table is a table of the store.
type table struct {
	store *Store
	name  string
	// number is the prefix of the table's keys, 0 until something is written to it. Only the
	// committer changes it.
	number atomic.Uint32
	// rows are those in memory, nil if there are none. Only the committer changes it.
	rows  atomic.Pointer[rows]
	fills atomic.Int32 // scans that collected rows

	state, staged tableState // the committer's: after the group so far, and with the staged commit
}

// tableState is what is stored about a table.
type tableState struct {
	number    uint32
	histories bool // some row had a history
	large     bool // some value was stored in pieces
	fresh     bool // the number was given since the store was opened; this is not stored
}

// handle is a table with the codec and limits that it was asked for with: several apps may have
// it, each with its own.
type handle struct {
	*table
	codec brook.Codec
	keep  map[string]int
}

// own returns t as a handle of this store.
func (s *Store) own(t brook.Table) (*handle, error) {
	if own, ok := t.(*handle); ok && own.store == s {
		return own, nil
	}
	return nil, fmt.Errorf("%w (%T)", errForeign, t)
}

// encode appends a value.
func (t *handle) encode(dst []byte, value any) ([]byte, error) {
	if t.codec == nil {
		b, ok := value.([]byte)
		if !ok {
			return dst,
				fmt.Errorf("badgerstore: table %s: a value of type %T, and without a codec it "+
					"must be []byte", t.name, value)
		}
		return append(dst, b...), nil
	}
	dst, err := t.codec.Append(dst, value)
	if err != nil {
		return dst, fmt.Errorf("badgerstore: table %s: encode a value: %w", t.name, err)
	}
	return dst, nil
}

// decode decodes a value. If owned, the caller does not use data again.
func (t *handle) decode(key, data []byte, owned bool) (brook.Value, error) {
	if t.codec == nil {
		if !owned {
			data = append(make([]byte, 0, len(data)), data...)
		}
		return brook.Value{Data: data}, nil
	}
	v, err := t.codec.Decode(data)
	if err != nil {
		return brook.Value{}, fmt.Errorf("badgerstore: table %s: decode the value at %.100q: %w",
			t.name, key, err)
	}
	return brook.Value{Data: v}, nil
}
