package brook

import (
	"bytes"
	"fmt"
	"iter"
)

// Page says which rows of a [View], or of one value of an [Index], are to be read. The zero Page is
// all of them, in key order.
type Page[K comparable] struct {
	// After is the key after which the page begins; usually that of the last row of the page
	// before. It names a place: its row may be gone, or never have been there. Nil is the
	// beginning, with Reverse the end.
	After *K
	// Limit is how many rows there are at most; 0: no limit. If it is negative, the page is an
	// error.
	Limit int
	// Reverse is set for descending order: the rows come before After then. Over a store that is no
	// [Reverser], all rows of the collection, or of the indexed value, that come before After are
	// read for such a page.
	Reverse bool
}

// PageOf returns the rows of a page of what a scan of all rows, or of all rows of one indexed
// value, is of. It is compiled for each type of keys. Generated code uses it.
//
//go:noinline
func PageOf[K comparable](s *Scan, p Page[K], appendKey func(dst []byte, key K) []byte) *Scan {
	var after []byte
	if p.After != nil {
		after = appendKey([]byte{}, *p.After) // not nil, even if the key has no bytes
	}
	s.cut(after, p.Limit, p.Reverse)
	return s
}

// cut reduces a scan to a page. after is an encoded key; nil: none.
func (s *Scan) cut(after []byte, limit int, reverse bool) {
	s.limit, s.reverse = limit, reverse
	if limit < 0 {
		s.err = fmt.Errorf("brook: %s: a page of %d rows: a limit is positive, or 0 for none",
			s.at.def.Name, limit)
	}
	if after == nil {
		return
	}
	place := append(bytes.Clone(s.value), after...)
	if place == nil {
		place = after
	}
	if reverse {
		s.to = place
	} else {
		s.from = append(place, 0) // no key begins with another one
	}
}

// descending is a Source that may be able to scan downwards.
type descending interface {
	// Reverse is Scan in descending key order. It reports false if the store is no Reverser.
	Reverse(slot int, from, to []byte) (iter.Seq2[Row, error], bool)
}

// passRows is how many rows one pass of a reverse scan without a limit keeps.
const passRows = 1000

// rows returns the rows of a table with from <= key < to, in the order of s.
func (s *Scan) rows(src Source, slot int) iter.Seq2[Row, error] {
	if !s.reverse {
		return src.Scan(slot, s.from, s.to)
	}
	if d, ok := src.(descending); ok {
		if rows, ok := d.Reverse(slot, s.from, s.to); ok {
			return rows
		}
	}
	keep := s.limit
	if keep == 0 || keep > passRows {
		keep = passRows
	}
	return func(yield func(Row, error) bool) {
		for to := s.to; ; {
			last, more, err := lastRows(src.Scan(slot, s.from, to), keep)
			if err != nil {
				yield(Row{}, err)
				return
			}
			for i := len(last) - 1; i >= 0; i-- {
				if !yield(last[i], nil) {
					return
				}
			}
			if !more {
				return
			}
			to = last[0].Key
		}
	}
}

// lastRows returns the last n rows of a scan, in its order, and whether there are more before them.
func lastRows(scan iter.Seq2[Row, error], n int) (last []Row, more bool, err error) {
	read := 0
	for row, err := range scan {
		if err != nil {
			return nil, false, err
		}
		if read < n {
			last = append(last, Row{bytes.Clone(row.Key), row.Value})
		} else {
			at := &last[read%n]
			at.Key, at.Value = append(at.Key[:0], row.Key...), row.Value
		}
		read++
	}
	if read <= n {
		return last, false, nil
	}
	oldest := read % n
	return append(last[oldest:len(last):len(last)], last[:oldest]...), true, nil
}
