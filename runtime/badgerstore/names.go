package badgerstore

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/dgraph-io/badger/v4"
)

// nameTable assigns the next number to a table.
func (g *group) nameTable(t *table) {
	s := g.store
	s.lastTable++
	t.staged = tableState{number: s.lastTable, fresh: true}
	g.saveTable(t)
}

// Flags of a table.
const (
	flagHistories = 1 << iota
	flagLarge
)

// saveTable stores a table: number (4 bytes) and flags (1).
func (g *group) saveTable(t *table) {
	value := binary.BigEndian.AppendUint32(g.bytes.take(5), t.staged.number)
	flags := byte(0)
	if t.staged.histories {
		flags |= flagHistories
	}
	if t.staged.large {
		flags |= flagLarge
	}
	g.set(g.key(0, kindTable, []byte(t.name)), append(value, flags), 0)
	g.touched = append(g.touched, t)
}

// dropTable takes the table's number away. The purger deletes everything under it.
func (g *group) dropTable(t *table) {
	if t.staged.number == 0 {
		return
	}
	g.remove(g.key(0, kindTable, []byte(t.name)))
	g.set(droppedKey(g.bytes.take(prefixLen+4), t.staged.number), nil, 0)
	t.staged = tableState{}
	g.touched = append(g.touched, t)
	g.purge = true
}

func droppedKey(dst []byte, number uint32) []byte {
	return binary.BigEndian.AppendUint32(appendPrefix(dst, 0, kindDropped), number)
}

// types are the event types in histories. Only the committer changes them.
type types struct {
	numbers map[string]uint32
	names   []string // by number; 0 is none
	kept    int      // numbers from here on are being staged
	shown   atomic.Pointer[[]string]
}

func newTypes() types { return types{numbers: map[string]uint32{}, names: []string{""}, kept: 1} }

func (t *types) accept() {
	if t.kept < len(t.names) {
		t.show()
	}
}

func (t *types) show() {
	t.kept = len(t.names)
	names := slices.Clone(t.names)
	t.shown.Store(&names)
}

func (t *types) reject() {
	for _, name := range t.names[t.kept:] {
		delete(t.numbers, name)
	}
	t.names = t.names[:t.kept]
}

// name returns the name of a type, for readers.
func (t *types) name(number uint32) (string, error) {
	names := *t.shown.Load()
	if number == 0 || int(number) >= len(names) {
		return "", fmt.Errorf("%w: a history has the event type %d, which has no name",
			ErrDamaged, number)
	}
	return names[number], nil
}

// typeNumber returns the number of an event type.
func (g *group) typeNumber(name string) uint32 {
	t := &g.store.types
	if n, ok := t.numbers[name]; ok {
		return n
	}
	n := uint32(len(t.names))
	t.numbers[name] = n
	t.names = append(t.names, name)
	g.set(g.key(0, kindType, []byte(name)), binary.BigEndian.AppendUint32(g.bytes.take(4), n), 0)
	return n
}

// loadNames reads tables, event types and dropped tables.
func (s *Store) loadNames(txn *badger.Txn) error {
	err := eachKey(txn, 0, kindTable, func(name, value []byte) error {
		if len(value) != 5 {
			return fmt.Errorf("%w: table %q has no number", ErrDamaged, name)
		}
		t := s.newTable(string(name))
		t.state = tableState{number: binary.BigEndian.Uint32(value),
			histories: value[4]&flagHistories != 0, large: value[4]&flagLarge != 0}
		t.staged = t.state
		t.number.Store(t.state.number)
		s.lastTable = max(s.lastTable, t.state.number)
		return nil
	})
	if err != nil {
		return err
	}
	err = eachKey(txn, 0, kindDropped, func(number, _ []byte) error {
		if len(number) != 4 {
			return fmt.Errorf("%w: a dropped table has no number", ErrDamaged)
		}
		s.lastTable = max(s.lastTable, binary.BigEndian.Uint32(number))
		return nil
	})
	if err != nil {
		return err
	}
	err = eachKey(txn, 0, kindType, func(name, value []byte) error {
		if len(value) != 4 || binary.BigEndian.Uint32(value) > 1<<24 {
			return fmt.Errorf("%w: event type %q has no number", ErrDamaged, name)
		}
		n := binary.BigEndian.Uint32(value)
		for int(n) >= len(s.types.names) {
			s.types.names = append(s.types.names, "")
		}
		s.types.names[n] = string(name)
		s.types.numbers[string(name)] = n
		return nil
	})
	s.types.show()
	return err
}

// eachKey calls f with each key of a kind, without its prefix, and its value.
func eachKey(txn *badger.Txn, number uint32, kind byte, f func(rest, value []byte) error) error {
	it := iterate(txn, number, kind)
	defer it.Close()
	for it.Rewind(); it.Valid(); it.Next() {
		if err := it.Item().Value(func(value []byte) error {
			return f(it.Item().Key()[prefixLen:], value)
		}); err != nil {
			return err
		}
	}
	return nil
}

// iterate returns an iterator over the keys of a kind. Values lie beside the keys, so prefetching
// would only cost goroutines.
func iterate(txn *badger.Txn, number uint32, kind byte) *badger.Iterator {
	return txn.NewIterator(badger.IteratorOptions{Prefix: appendPrefix(nil, number, kind)})
}

// iterateRange is iterate for keys from from to before to; nil: to the end. It passes over what lies
// behind the range: an iterator that only has the table's prefix seeks on over removed rows there,
// which made a short range between them cost twice as much CPU time.
func iterateRange(txn *badger.Txn, number uint32, kind byte, from, to []byte) *badger.Iterator {
	prefix := appendKey(nil, number, kind, commonPrefix(from, to))
	return txn.NewIterator(badger.IteratorOptions{Prefix: prefix})
}

// commonPrefix returns what all keys k with from <= k < to begin with; to nil: no upper bound.
func commonPrefix(from, to []byte) []byte {
	n := 0
	for n < len(from) && n < len(to) && from[n] == to[n] {
		n++
	}
	if n < len(from) && len(to) == n+1 && to[n] == from[n]+1 { // the keys of one prefix
		n++
	}
	return from[:n]
}
