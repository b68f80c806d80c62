package redisstore

import (
	"context"
	"fmt"
	"iter"

	brook "github.com/brookgen/brookgen/runtime"
)

// A scan reads page by page. The first page is small, because many scans look at one row only.
const (
	firstPage = 16
	maxPage   = 2048
	pageBytes = 1 << 20 // about the most bytes of a page
)

// scan yields the rows of a range, page by page, in descending order if down is set. Still returns an error if a page's instant
// is not the wanted one.
func (s *Store) scan(ctx context.Context, t brook.Table, from, to []byte, down bool,
	still func(*view, string) error) iter.Seq2[brook.Row, error] {
	start, end := "-", "+"
	if from != nil {
		start = "[" + string(from)
	}
	if to != nil {
		end = "(" + string(to)
	}
	if down {
		start, end = end, start
	}
	return func(yield func(brook.Row, error) bool) {
		own, err := s.own(t)
		if err != nil {
			yield(brook.Row{}, err)
			return
		}
		var key []byte
		for start, size := start, firstPage; ; size = min(4*size, maxPage) {
			rows, more, err := s.page(ctx, own.table, start, end, size, down, still)
			if err != nil {
				yield(brook.Row{}, err)
				return
			}
			for i := 0; i < len(rows); i += 2 {
				field, _ := rows[i].(string)
				stored, ok := rows[i+1].(string)
				if !ok {
					yield(brook.Row{},
						fmt.Errorf("%w: table %s: %.100q is in the order and not among the rows",
							ErrDamaged, own.name, field))
					return
				}
				start = "(" + field
				key = append(key[:0], field...)
				row := brook.Row{Key: key}
				if err = ctx.Err(); err == nil {
					row.Value, err = own.decode(field, stored)
				}
				if err != nil {
					yield(brook.Row{}, err)
					return
				}
				if !yield(row, nil) {
					return
				}
			}
			if !more {
				return
			}
		}
	}
}

// page reads the keys and values of one page.
func (s *Store) page(ctx context.Context, t *table, start, end string, size int, down bool,
	still func(*view, string) error) (rows []any, more bool, err error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	reply, err := s.scripts.scan.Run(ctx, s.client, []string{t.view.key, t.rows, t.order}, start,
		end, size, pageBytes, down).Slice()
	if err != nil {
		return nil, false, fmt.Errorf("redisstore: table %s: scan: %w", t.name, explain(err))
	}
	head, err := t.reply(reply, 2)
	if err == nil && len(reply)%2 != 0 {
		err = fmt.Errorf("%w: table %s: a page of %d parts", ErrDamaged, t.name, len(reply))
	}
	if err == nil {
		err = still(t.view, head)
	}
	if err != nil {
		return nil, false, err
	}
	n, _ := reply[1].(int64)
	return reply[2:], n > 0 && len(reply) > 2, nil
}
