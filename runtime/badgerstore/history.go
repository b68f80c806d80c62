package badgerstore

import (
	"context"
	"errors"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/dgraph-io/badger/v4"
)

// cursor walks the entries of one event type.
type cursor struct {
	run
	name  string
	order uint64
	entry *brook.HistoryEntry // nil: not read yet
}

// history yields the entries of a row. They are stored by type, and merged by their order numbers.
func (s *Store) history(ctx context.Context, in *instant, t brook.Table, key []byte,
	yield func(*brook.HistoryEntry, error) bool) {
	own, err := s.own(t)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		yield(nil, err)
		return
	}
	number := own.number.Load()
	if number == 0 || len(key) > maxKey {
		return
	}
	fail := func(err error) {
		yield(nil, fmt.Errorf("badgerstore: table %s: history of %.100q: %w", own.name, key,
			failed(err)))
	}
	h, err := readHead(in.txn, appendKey(nil, number, kindHead, key))
	if err != nil {
		fail(err)
		return
	}
	if h == nil {
		return
	}
	cursors := make([]cursor, 0, len(h.types))
	for _, r := range h.types {
		if r.first == r.next {
			continue
		}
		name, err := s.types.name(r.typ)
		if err != nil {
			fail(err)
			return
		}
		cursors = append(cursors, cursor{run: r, name: name})
	}
	for {
		var first *cursor
		for i := range cursors {
			c := &cursors[i]
			if c.first == c.next {
				continue
			}
			if c.entry == nil {
				if err := c.read(in.txn, number, key, h.life); err != nil {
					fail(err)
					return
				}
			}
			if first == nil || c.order < first.order {
				first = c
			}
		}
		if first == nil {
			return
		}
		if err := ctx.Err(); err != nil {
			yield(nil, err)
			return
		}
		if !yield(first.entry, nil) {
			return
		}
		first.first++
		first.entry = nil
	}
}

func (c *cursor) read(txn *badger.Txn, number uint32, key []byte, life uint64) error {
	k := appendEntryKey(nil, number, kindEntry, key, life, c.typ, c.first)
	item, err := txn.Get(k)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return fmt.Errorf("%w: entry %d of type %s is missing", ErrDamaged, c.first, c.name)
	}
	if err != nil {
		return err
	}
	data, err := readValue(txn, item, number, kindEntryPiece, k[prefixLen:])
	if err != nil {
		return err
	}
	if c.order, c.entry, err = decodeEntry(data, c.name); err != nil {
		return fmt.Errorf("%w: entry %d of type %s: %w", ErrDamaged, c.first, c.name, err)
	}
	return nil
}
