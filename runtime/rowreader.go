package brook

import (
	"bytes"
	"fmt"
)

// RowReader reads the rows of one collection of one source, without their types: it is what all
// views and indexes are made of. A view that is generated is a RowReader by another name, whose
// methods know the types. Generated code uses it.
type RowReader struct {
	*place
	lent uint64 // number of the loan, see Transaction.Lend; 0: it was not lent
}

// place is what RowReaders of one collection of one source share.
type place struct {
	src  Source
	def  *Collection
	slot int // of the table of rows
	ord  int // of the collection in its package
}

func placeOf(s Source, ordinal int, def *Collection) place {
	return place{src: s, def: def, slot: s.Layout().Rows[ordinal], ord: ordinal}
}

// RowReaders returns the readers of all collections of a package, in order. Generated code uses it.
func RowReaders(s Source, collections []*Collection) []RowReader {
	places := make([]place, len(collections))
	readers := make([]RowReader, len(collections))
	for i, def := range collections {
		places[i] = placeOf(s, i, def)
		readers[i].place = &places[i]
	}
	return readers
}

// RowReaderOf returns the reader of the collection that is number ordinal of its package. Package
// engine uses it.
func RowReaderOf(s Source, ordinal int, def *Collection) *RowReader {
	at := placeOf(s, ordinal, def)
	return &RowReader{place: &at}
}

// Place returns the source that r reads, and its collection, which is number ordinal of its
// package. Package engine uses it.
func (r *RowReader) Place() (source Source, ordinal int, def *Collection) {
	return r.src, r.ord, r.def
}

// Get reads the row at an encoded key, which was appended to KeyBuffer. The value is as that of a
// [Reading]. If there is none, the error wraps ErrNotFound and names the collection and the key.
//
//go:noinline
func (r *RowReader) Get(encoded []byte) (value any, end Ending) {
	if r.lent != 0 {
		return r.getLent(encoded)
	}
	return r.get(encoded)
}

// Lookup is Get without an error if there is no row: the value is nil then.
//
//go:noinline
func (r *RowReader) Lookup(encoded []byte) (value any, end Ending) {
	row := Reading{at: r}
	if !row.enter() {
		return nil, Ending{err: row.err}
	}
	defer row.leave() // if the source panics
	v, err := r.src.Get(r.slot, encoded)
	returnBuffer(encoded)
	switch err {
	case nil:
		value, row.err = r.def.readable(v)
	case ErrNotFound:
	default:
		row.err = err
	}
	end.err = row.err
	if row.in {
		row.in, end.at = false, r
	}
	return value, end
}

func (r *RowReader) get(encoded []byte) (value any, end Ending) {
	v, err := r.src.Get(r.slot, encoded)
	switch err {
	case nil:
		value, end.err = r.def.readable(v)
	case ErrNotFound:
		end.err = &notFound{r.def, -1, string(encoded)}
	default:
		end.err = err
	}
	returnBuffer(encoded)
	return value, end
}

// getLent is get for a reader that was lent.
func (r *RowReader) getLent(encoded []byte) (value any, end Ending) {
	row := Reading{at: r}
	if !row.enter() {
		return nil, Ending{err: row.err}
	}
	defer row.leave() // if the source panics
	value, end = r.get(encoded)
	row.in, end.at = false, r
	return value, end
}

// Has reports whether there is a row at an encoded key, which was appended to KeyBuffer.
//
//go:noinline
func (r *RowReader) Has(encoded []byte) (bool, error) {
	row := Reading{at: r}
	if !row.enter() {
		return false, row.err
	}
	defer row.leave()
	_, err := r.src.Get(r.slot, encoded)
	returnBuffer(encoded)
	if err == ErrNotFound {
		return false, nil
	}
	return err == nil, err
}

// Len returns the number of rows.
func (r *RowReader) Len() (int, error) {
	row := Reading{at: r}
	if !row.enter() {
		return 0, row.err
	}
	defer row.leave()
	return r.src.Count(r.slot)
}

// First reads the first row, by key, of those that an index finds by an encoded value, which was
// appended to KeyBuffer. If there is none, the error wraps ErrNotFound and names the collection,
// the field and the value.
//
//go:noinline
func (r *RowReader) First(index int, encoded []byte) *Reading {
	var first *Reading
	r.Find(index, encoded).Each(func(row *Reading) bool {
		taken := *row // with the lock
		row.in = false
		taken.Key = bytes.Clone(row.Key)
		first = &taken
		return false
	})
	if first == nil {
		r.missed(index, encoded)
		first = &Reading{at: r, err: &notFound{r.def, index, string(encoded)}}
	}
	returnBuffer(encoded)
	return first
}

// misser is a source that notes what a handler asked for in vain. It notes rows itself.
type misser interface {
	Miss(slot int, value []byte)
}

// missed notes that an index has no row for a value.
func (r *RowReader) missed(index int, value []byte) {
	m, ok := r.src.(misser)
	if !ok {
		return
	}
	row := Reading{at: r}
	if !row.enter() {
		return
	}
	defer row.leave()
	m.Miss(r.src.Layout().Index[r.ord][index], value)
}

// History returns the history of the row at an encoded key.
func (r *RowReader) History(encoded []byte) Past { return Past{r.place, encoded} }

// notFound is an ErrNotFound that says what was looked for. It makes its text only when asked for
// it, because many callers expect the error and never read it.
type notFound struct {
	def   *Collection
	index int // number of the index; -1: looked for by key
	key   string
}

// Error names the collection and what was looked for.
func (e *notFound) Error() string {
	if e.index < 0 {
		return fmt.Sprintf("brook: %s: no value at key %s", e.def.Name, e.def.KeyText([]byte(e.key)))
	}
	x := e.def.Indexes[e.index]
	return fmt.Sprintf("brook: %s: no value whose %s is %s",
		e.def.Name, x.Field, keyText(x.Shape, []byte(e.key)))
}

// Unwrap returns ErrNotFound.
func (e *notFound) Unwrap() error { return ErrNotFound }
