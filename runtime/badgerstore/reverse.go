package badgerstore

import (
	"bytes"
	"context"
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/dgraph-io/badger/v4"
)

// beyond is more than any key: an iterator that goes down begins behind it.
var beyond = bytes.Repeat([]byte{0xFF}, maxKey+1)

// reverse is scan in descending order.
func (s *Store) reverse(ctx context.Context, in *instant, t brook.Table, from, to []byte,
	yield func(brook.Row, error) bool) {
	own, err := s.own(t)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		yield(brook.Row{}, err)
		return
	}
	number := own.number.Load()
	if number == 0 {
		return
	}
	if rows := own.memory(number); rows != nil {
		if ix := rows.index.Load(); ix.has(in.ts) {
			w := walk{store: s, in: in, table: own, number: number}
			if to = w.reverse(ctx, ix, from, to, yield); to == nil {
				return
			}
		}
	}
	prefix := appendKey(nil, number, kindRow, nil) // a row at to itself must not end the scan
	it := in.txn.NewIterator(badger.IteratorOptions{Prefix: prefix, Reverse: true})
	defer it.Close()
	end := to
	if to == nil {
		end = beyond
	}
	for it.Seek(appendKey(nil, number, kindRow, end)); it.Valid(); it.Next() {
		key := it.Item().Key()[prefixLen:]
		if to != nil && bytes.Compare(key, to) >= 0 {
			continue
		}
		if bytes.Compare(key, from) < 0 {
			return
		}
		row := brook.Row{Key: key}
		if err = ctx.Err(); err == nil {
			row.Value, err = s.value(in, own, number, key, it.Item())
		}
		if err != nil {
			yield(brook.Row{}, err)
			return
		}
		if !yield(row, nil) {
			return
		}
	}
}

// reverse is scan in descending order. If it gives up, it returns the key below which rows are
// left, else nil.
func (w *walk) reverse(ctx context.Context, ix *rowIndex, from, to []byte,
	yield func(brook.Row, error) bool) (left []byte) {
	b, i := len(ix.blocks)-1, 0
	if to != nil && b >= 0 {
		b, i = ix.find(string(to))
	} else if b >= 0 {
		i = len(ix.blocks[b].rows)
	}
	for b >= 0 {
		for i--; i >= 0; i-- {
			r := ix.blocks[b].rows[i]
			if r.key < string(from) {
				return nil
			}
			w.seen++
			w.key = append(w.key[:0], r.key...)
			var value brook.Value
			err := ctx.Err()
			if err == nil {
				if v := r.at(w.in.ts); v != nil {
					value, err = w.table.remembered(w.key, v)
				} else if w.tooSlow() {
					return append([]byte(r.key), 0) // the row itself is left
				} else {
					value, err = w.store.readRow(w.in, w.table, w.number, w.key)
				}
			}
			if errors.Is(err, brook.ErrNotFound) {
				continue
			}
			if err != nil {
				yield(brook.Row{}, err)
				return nil
			}
			if !yield(brook.Row{Key: w.key, Value: value}, nil) {
				return nil
			}
		}
		if b--; b >= 0 {
			i = len(ix.blocks[b].rows)
		}
	}
	return nil
}
