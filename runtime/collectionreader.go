package brook

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/brookgen/brookgen/runtime/key"
)

// collectionReader reads one collection of one source. It does for all views what does not depend
// on their types: generic code is compiled anew for every collection of every user.
type collectionReader struct {
	src  Source
	def  AnyCollection
	slot int    // of the table of rows
	ord  int    // of the collection in its package
	lent uint64 // number of the loan, see Transaction.Lend; 0: the view was not lent
}

func readerOf(s Source, ordinal int, def AnyCollection) collectionReader {
	return collectionReader{src: s, def: def, slot: s.Layout().Rows[ordinal], ord: ordinal}
}

// get returns the stored value at an encoded key. It enters an access, which the caller leaves.
func (r *collectionReader) get(a *access, encoded []byte) (Value, error) {
	if err := a.enter(); err != nil {
		return Value{}, err
	}
	v, err := r.src.Get(r.slot, encoded)
	if err == ErrNotFound {
		err = &notFound{r.def, -1, string(encoded)}
	}
	return v, err
}

// has reports whether there is a row at an encoded key.
func (r *collectionReader) has(encoded []byte) (bool, error) {
	a := access{at: r}
	defer a.leave()
	_, err := r.get(&a, encoded)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// count returns the number of rows.
func (r *collectionReader) count() (int, error) {
	a := access{at: r}
	if err := a.enter(); err != nil {
		return 0, err
	}
	defer a.leave()
	return r.src.Count(r.slot)
}

// walk calls f with the rows of a range, in key order, until f returns false. The last call may be
// with an error.
func (r *collectionReader) walk(from, to []byte, f func(*access, Row, error) bool) {
	a, err := r.begin()
	if err != nil {
		f(a, Row{}, err)
		return
	}
	defer a.leave()
	r.src.Scan(r.slot, from, to)(func(row Row, err error) bool { return a.step(f, row, err) })
}

// each calls f with every row, in key order, until f returns an error, which each returns.
func (r *collectionReader) each(f func(Row) error) error {
	a := access{at: r}
	if err := a.enter(); err != nil {
		return err
	}
	defer a.leave()
	for row, err := range r.src.Scan(r.slot, nil, nil) {
		if err == nil {
			err = f(row)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// prefix returns the range of the keys whose first n fields are those of encoded. from shares the
// bytes of encoded.
func (r *collectionReader) prefix(encoded []byte, n int) (from, to []byte, err error) {
	size, err := r.def.prefixLen(encoded, n)
	if err != nil {
		return nil, nil, fmt.Errorf("brook: %s: a prefix of %d fields of %s: %w",
			r.def.Info().Name, n, r.def.KeyText(encoded), err)
	}
	return encoded[:size], key.Successor(encoded[:size]), nil
}

// walkIndex calls f with the rows that an index finds by an encoded value, in key order, until f
// returns false. The last call may be with an error.
func (r *collectionReader) walkIndex(index int, value []byte, f func(*access, Row, error) bool) {
	a, err := r.begin()
	if err != nil {
		f(a, Row{}, err)
		return
	}
	defer a.leave()
	err = r.src.Steady(func(s Source) error {
		slot := s.Layout().Index[r.ord][index]
		if !s.Complete(slot) {
			info := r.def.Info()
			field := info.Indexes[index].Field
			f(a, Row{}, fmt.Errorf("%w: %s by %s", ErrNotReady, info.Name, field))
			return nil
		}
		s.Scan(slot, value, key.Successor(value))(func(entry Row, err error) bool {
			row := Row{}
			if err == nil {
				row.Key = entry.Key[len(value):]
				row.Value, err = s.Get(r.slot, row.Key)
				if !s.Instant() && r.outdated(index, value, row.Value, err) {
					return true
				}
				if err != nil {
					err = fmt.Errorf("brook: %s: index entry of %s: %w",
						r.def.Info().Name, r.def.KeyText(row.Key), err)
				}
			}
			return a.step(f, row, err)
		})
		return nil
	})
	if err != nil {
		f(a, Row{}, err)
	}
}

// outdated reports whether a row was deleted or changed after its index entry was read, so that
// value no longer finds it. err is the error of reading the row.
func (r *collectionReader) outdated(index int, value []byte, row Value, err error) bool {
	if err != nil {
		return errors.Is(err, ErrNotFound)
	}
	var e Entries
	r.def.Entries(index, row.Data, &e)
	return !e.Contains(value)
}

// history returns the history of the row at an encoded key, oldest first.
func (r *collectionReader) history(encoded []byte) iter.Seq2[*HistoryEntry, error] {
	return r.src.History(r.slot, encoded)
}

// watch calls seen with each row of w that changes, until seen returns false, or ctx or the app
// ends. If first is set, it first calls seen with the row as it is. seen gets a nil row if changes
// were missed and w watches all rows: which ones changed is not known then.
func (r *collectionReader) watch(
	ctx context.Context, w Watcher, first bool,
	seen func(row *Watched, missed bool, err error) bool,
) {
	if w == nil {
		seen(nil, false,
			errors.New("brook: only the views of an app can be watched: a snapshot stays as it is"))
		return
	}
	defer w.Close()
	if first {
		w.Take() // what is read now is newer
		if !r.show(w.Key(), false, seen) {
			return
		}
	}
	for w.Wait(ctx) {
		rows, missed, closed := w.Take()
		if missed && len(rows) == 0 && !r.show(w.Key(), true, seen) {
			return
		}
		for i := range rows {
			if rows[i].Stale {
				if !r.show(rows[i].Key, missed, seen) {
					return
				}
			} else if !seen(&rows[i], missed, nil) {
				return
			}
			missed = false
		}
		if closed {
			seen(nil, false, ErrClosed)
			return
		}
	}
}

// show calls seen with the row at an encoded key as it is, or with a nil row if encoded is nil,
// because all rows are watched. It returns what seen does, or false if the row can't be read.
func (r *collectionReader) show(
	encoded []byte, missed bool, seen func(row *Watched, missed bool, err error) bool,
) bool {
	if encoded == nil {
		return seen(nil, missed, nil)
	}
	v, err := r.src.Get(r.slot, encoded)
	if err != nil && !errors.Is(err, ErrNotFound) {
		seen(nil, missed, err)
		return false
	}
	return seen(&Watched{Key: encoded, Value: v.Data}, missed, nil)
}

// notFound is an ErrNotFound that says what was looked for. It makes its text only when asked for
// it, because many callers expect the error and never read it.
type notFound struct {
	def   AnyCollection
	index int // number of the index; -1: looked for by key
	key   string
}

// Error names the collection and what was looked for.
func (e *notFound) Error() string {
	info := e.def.Info()
	if e.index < 0 {
		return fmt.Sprintf("brook: %s: no value at key %s", info.Name, e.def.KeyText([]byte(e.key)))
	}
	x := info.Indexes[e.index]
	return fmt.Sprintf("brook: %s: no value whose %s is %s",
		info.Name, x.Field, keyText(x.Shape, []byte(e.key)))
}

// Unwrap returns ErrNotFound.
func (e *notFound) Unwrap() error { return ErrNotFound }
