package brook

import (
	"errors"
	"fmt"

	"github.com/brookgen/brookgen/runtime/key"
)

// Scan is rows of a collection, in their order, before they are read. Generated code uses it.
type Scan struct {
	at       *RowReader
	index    int    // number of the index whose entries are scanned; -1: the rows are
	from, to []byte // of their keys
	value    []byte // the indexed value that finds the rows; nil: a range of values does
	limit    int    // how many rows; 0: all
	reverse  bool   // in descending order
	err      error
}

// All returns all rows. Generated views call it and its like, which are not inlined: that would be
// compiled for each collection of each user.
//
//go:noinline
func (r *RowReader) All() *Scan { return &Scan{at: r, index: -1} }

// Range returns the rows with from <= key < to.
//
//go:noinline
func (r *RowReader) Range(from, to []byte) *Scan {
	return &Scan{at: r, from: from, to: to, index: -1}
}

// Prefix returns the rows whose composite key has the same first n fields as an encoded key. The
// scan fails if n is less than 1 or the key has fewer than n fields.
func (r *RowReader) Prefix(encoded []byte, n int) *Scan {
	size, err := r.def.prefixLen(encoded, n)
	if err != nil {
		return &Scan{at: r, err: fmt.Errorf("brook: %s: a prefix of %d fields of %s: %w",
			r.def.Name, n, r.def.KeyText(encoded), err)}
	}
	return r.Range(encoded[:size], key.Successor(encoded[:size]))
}

// Find returns the rows that an index finds by an encoded value.
//
//go:noinline
func (r *RowReader) Find(index int, value []byte) *Scan {
	return &Scan{at: r, from: value, to: key.Successor(value), value: value, index: index}
}

// FindRange returns the rows that an index finds by a value with from <= value < to, in the order
// of values, and of keys among those of one value. A row that several values find comes for each.
//
//go:noinline
func (r *RowReader) FindRange(index int, from, to []byte) *Scan {
	return &Scan{at: r, from: from, to: to, index: index}
}

// Each calls f with the rows until f returns false. The last call may be with an error. f ends the
// reading that it is called with.
func (s *Scan) Each(f func(*Reading) bool) {
	row := &Reading{at: s.at}
	if s.limit > 0 {
		left, all := s.limit, f
		f = func(row *Reading) bool {
			left--
			return all(row) && left > 0
		}
	}
	if s.err != nil {
		row.fail(f, s.err)
		return
	}
	if !row.enter() {
		f(row)
		return
	}
	defer row.leave()
	switch {
	case s.index >= 0:
		s.eachFound(row, f)
	case s.reverse:
		err := s.at.src.Steady(func(src Source) error {
			s.eachRow(src, row, f)
			return nil
		})
		if err != nil {
			row.fail(f, err)
		}
	default:
		s.eachRow(s.at.src, row, f)
	}
}

// eachRow is Each for rows that are found by their keys.
func (s *Scan) eachRow(src Source, row *Reading, f func(*Reading) bool) {
	s.rows(src, s.at.slot)(func(at Row, err error) bool {
		return row.step(f, at.Key, at.Value, err)
	})
}

// eachFound is Each for rows that an index finds.
func (s *Scan) eachFound(row *Reading, f func(*Reading) bool) {
	r := s.at
	err := r.src.Steady(func(src Source) error {
		slot := src.Layout().Index[r.ord][s.index]
		if !src.Complete(slot) {
			row.fail(f, fmt.Errorf("%w: %s by %s", ErrNotReady, r.def.Name,
				r.def.Indexes[s.index].Field))
			return nil
		}
		s.rows(src, slot)(func(entry Row, err error) bool {
			if err != nil {
				return row.step(f, nil, Value{}, err)
			}
			value, encoded, err := s.split(entry.Key)
			if err != nil {
				return row.step(f, nil, Value{}, err)
			}
			v, err := src.Get(r.slot, encoded)
			if !src.Instant() && r.outdated(s.index, value, v, err) {
				return true
			}
			if err != nil {
				err = fmt.Errorf("brook: %s: index entry of %s: %w",
					r.def.Name, r.def.KeyText(encoded), err)
			}
			return row.step(f, encoded, v, err)
		})
		return nil
	})
	if err != nil {
		row.fail(f, err)
	}
}

// split returns the indexed value and the row's key of an index entry.
func (s *Scan) split(entry []byte) (value, encoded []byte, err error) {
	size := len(s.value)
	if s.value == nil {
		shape := s.at.def.Indexes[s.index].Shape
		if size, err = shape.Len(entry, shape.Parts()); err != nil {
			return nil, nil, fmt.Errorf("brook: %s: index entry: %w", s.at.def.Name, err)
		}
	}
	return entry[:size], entry[size:], nil
}

// outdated reports whether a row was deleted or changed after its index entry was read, so that
// value no longer finds it. err is the error of reading the row.
func (r *RowReader) outdated(index int, value []byte, row Value, err error) bool {
	if err != nil {
		return errors.Is(err, ErrNotFound)
	}
	var e Entries
	r.def.Entries(index, row.Data, &e)
	return !e.Contains(value)
}
