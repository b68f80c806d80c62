package brook

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/brookgen/brookgen/runtime/key"
)

// place is a collection seen from one source. It does for all views what does not depend on their types: what is
// generic is compiled anew for every collection of every user.
type place struct {
	src  Source
	def  AnyCollection
	slot int    // of the rows
	ord  int    // of the collection
	lent uint64 // the savepoint of the set whose handler may use it; 0: anybody may
}

func placeOf(s Source, ordinal int, def AnyCollection) place {
	return place{src: s, def: def, slot: s.Layout().Rows[ordinal], ord: ordinal}
}

// get gives the stored value at an encoded key. Who calls it leaves u.
func (p *place) get(u *use, encoded []byte) (Value, error) {
	if err := u.enter(); err != nil {
		return Value{}, err
	}
	v, err := p.src.Get(p.slot, encoded)
	if err == ErrNotFound {
		err = &notFound{p.def, -1, string(encoded)}
	}
	return v, err
}

func (p *place) has(encoded []byte) (bool, error) {
	u := use{at: p}
	defer u.leave()
	_, err := p.get(&u, encoded)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

func (p *place) count() (int, error) {
	u := use{at: p}
	if err := u.enter(); err != nil {
		return 0, err
	}
	defer u.leave()
	return p.src.Count(p.slot)
}

// walk calls f with the rows of a range until it gives false; the last call may be with an error.
func (p *place) walk(from, to []byte, f func(*use, Row, error) bool) {
	u, err := p.begin()
	if err != nil {
		f(u, Row{}, err)
		return
	}
	defer u.leave()
	p.src.Scan(p.slot, from, to)(func(row Row, err error) bool { return u.step(f, row, err) })
}

// each calls f with every row until it gives an error.
func (p *place) each(f func(Row) error) error {
	u := use{at: p}
	if err := u.enter(); err != nil {
		return err
	}
	defer u.leave()
	for row, err := range p.src.Scan(p.slot, nil, nil) {
		if err == nil {
			err = f(row)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// prefix gives the range of the keys that have their first n fields in common with one.
func (p *place) prefix(encoded []byte, n int) (from, to []byte, err error) {
	size, err := p.def.prefixLen(encoded, n)
	if err != nil {
		return nil, nil, fmt.Errorf("brook: %s: a prefix of %d fields of %s: %w", p.def.Info().Name, n, p.def.KeyText(encoded), err)
	}
	return encoded[:size], key.Successor(encoded[:size]), nil
}

// walkIndex calls f with the rows that an index leads to from an encoded value, in key order, until it gives false; the
// last call may be with an error.
func (p *place) walkIndex(index int, value []byte, f func(*use, Row, error) bool) {
	u, err := p.begin()
	if err != nil {
		f(u, Row{}, err)
		return
	}
	defer u.leave()
	err = p.src.Steady(func(s Source) error {
		if slot := s.Layout().Index[p.ord][index]; !s.Complete(slot) {
			info := p.def.Info()
			f(u, Row{}, fmt.Errorf("%w: %s by %s", ErrNotReady, info.Name, info.Indexes[index].Field))
			return nil
		}
		s.Scan(s.Layout().Index[p.ord][index], value, key.Successor(value))(func(entry Row, err error) bool {
			row := Row{}
			if err == nil {
				row.Key = entry.Key[len(value):]
				row.Value, err = s.Get(p.slot, row.Key)
				if !s.Instant() && p.left(index, value, row.Value, err) {
					return true
				}
				if err != nil {
					err = fmt.Errorf("brook: %s: index entry of %s: %w", p.def.Info().Name, p.def.KeyText(row.Key), err)
				}
			}
			return u.step(f, row, err)
		})
		return nil
	})
	if err != nil {
		f(u, Row{}, err)
	}
}

// left reports whether a row that an index led to was deleted or changed since, so that the value leads to it no more.
func (p *place) left(index int, value []byte, row Value, err error) bool {
	if err != nil {
		return errors.Is(err, ErrNotFound)
	}
	var e Entries
	p.def.Entries(index, row.Data, &e)
	return !e.Contains(value)
}

// past gives the history of the row at an encoded key.
func (p *place) past(encoded []byte) iter.Seq2[*HistoryEntry, error] {
	return p.src.History(p.slot, encoded)
}

// watch calls seen with what becomes of what w watches until it returns false, ctx ends or the app does; before that,
// if first is set, with how it stands. The rows of a gap are not known: seen gets none then.
func (p *place) watch(ctx context.Context, w Watcher, first bool, seen func(row *Watched, missed bool, err error) bool) {
	if w == nil {
		seen(nil, false, errors.New("brook: only the views of an app can be watched: a snapshot stays as it is"))
		return
	}
	defer w.Close()
	if first {
		w.Take() // older than what is read now
		if !p.now(w.Key(), false, seen) {
			return
		}
	}
	for w.Wait(ctx) {
		rows, missed, closed := w.Take()
		if missed && len(rows) == 0 && !p.now(w.Key(), true, seen) {
			return
		}
		for i := range rows {
			if rows[i].Stale {
				if !p.now(rows[i].Key, missed, seen) {
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

// now shows a watcher of one row how it stands, and one of all that it missed something.
func (p *place) now(encoded []byte, missed bool, seen func(row *Watched, missed bool, err error) bool) bool {
	if encoded == nil {
		return seen(nil, missed, nil)
	}
	v, err := p.src.Get(p.slot, encoded)
	if err != nil && !errors.Is(err, ErrNotFound) {
		seen(nil, missed, err)
		return false
	}
	return seen(&Watched{Key: encoded, Value: v.Data}, missed, nil)
}

// notFound is an ErrNotFound that says what was looked for, made cheap because many callers expect it.
type notFound struct {
	def   AnyCollection
	index int // -1: by key
	key   string
}

// Error says what was looked for.
func (e *notFound) Error() string {
	info := e.def.Info()
	if e.index < 0 {
		return fmt.Sprintf("brook: %s: no value at key %s", info.Name, e.def.KeyText([]byte(e.key)))
	}
	x := info.Indexes[e.index]
	return fmt.Sprintf("brook: %s: no value whose %s is %s", info.Name, x.Field, keyText(x.Shape, []byte(e.key)))
}

// Unwrap gives ErrNotFound.
func (e *notFound) Unwrap() error { return ErrNotFound }
