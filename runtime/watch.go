package brook

import (
	"context"
	"errors"
	"iter"
)

// Update is a change of one row as a watcher sees it. Of several changes of a row in quick
// succession it may see the last one only.
//
// In JSON it is {"key": …, "present": true, "value": …}, {"key": …, "present": false} for a row
// that was deleted, and either with "missed": true if that is set. Key and value are as
// encoding/json has them.
type Update[K comparable, V any] struct {
	Key     K
	Value   V    // the caller's own; the zero value unless Present is true
	Present bool // false: the row was deleted
	// Missed is set if changes of rows were lost between the update before and this one, because
	// the watcher was too slow or the views were rebuilt: what the watcher knows of other rows may
	// be stale. If it is not known which rows changed, as after a rebuild, Key is the zero key.
	Missed bool
}

// Watching is changes of a collection that are collected for whoever asks for them. Generated code
// uses it.
type Watching struct {
	at    *RowReader
	ctx   context.Context
	w     Watcher
	first bool // begin with the row as it is
}

// Watch begins to watch the row at an encoded key.
//
//go:noinline
func (r *RowReader) Watch(ctx context.Context, encoded []byte) *Watching {
	return &Watching{r, ctx, r.src.Watch(ctx, r.slot, encoded), true}
}

// Changes begins to watch all rows.
//
//go:noinline
func (r *RowReader) Changes(ctx context.Context) *Watching {
	return &Watching{r, ctx, r.src.Watch(ctx, r.slot, nil), false}
}

// Updates yields the value that is watched as it is, and again after every change of it, until the
// context ends or the app is closed; or, if all rows are watched, every change. When the app is
// closed, the sequence yields [ErrClosed] last. Only a view of an App can be watched: for one of a
// snapshot the sequence yields an error.
//
// Watching began with the call that w came from. The sequence can be ranged over once, by one
// goroutine, and should be: until then, or until the context ends or the app is closed, changes are
// collected for it. Updates is compiled for each collection of each user. Generated code uses it.
//
//go:noinline
func Updates[K comparable, V any](
	w *Watching, decodeKey func(encoded []byte) (K, error),
) iter.Seq2[Update[K, V], error] {
	return func(yield func(Update[K, V], error) bool) {
		w.each(func(row *Reading) bool {
			u := Update[K, V]{Missed: row.missed}
			if row.Key != nil {
				u.Key, row.err = decodeKey(row.Key)
			}
			if at, ok := row.Value.(*V); ok {
				u.Value, u.Present = *at, true
			}
			return yield(u, row.err)
		})
	}
}

// each calls f with each row that changes, until f returns false, or the context or the app ends.
// If first is set, it first calls f with the row as it is. The reading that f gets has no key if
// changes were missed and all rows are watched: which ones changed is not known then.
func (w *Watching) each(f func(*Reading) bool) {
	row := &Reading{at: w.at}
	if w.w == nil {
		row.fail(f,
			errors.New("brook: only the views of an app can be watched: a snapshot stays as it is"))
		return
	}
	defer w.w.Close()
	if w.first {
		w.w.Take() // what is read now is newer
		if !w.reread(row, f, w.w.Key()) {
			return
		}
	}
	for w.w.Wait(w.ctx) {
		rows, missed, closed := w.w.Take()
		row.missed = missed
		if missed && len(rows) == 0 && !w.reread(row, f, w.w.Key()) {
			return
		}
		for i := range rows {
			switch {
			case rows[i].Stale:
				if !w.reread(row, f, rows[i].Key) {
					return
				}
			case !w.show(row, f, rows[i].Key, rows[i].Value):
				return
			}
			row.missed = false
		}
		if row.missed = false; closed {
			row.fail(f, ErrClosed)
			return
		}
	}
}

// reread calls f with the row at an encoded key as it is, or with no row if encoded is nil, because
// all rows are watched. It reports whether the iteration goes on.
func (w *Watching) reread(row *Reading, f func(*Reading) bool, encoded []byte) bool {
	if encoded == nil {
		row.Key, row.Value, row.err = nil, nil, nil
		return f(row)
	}
	v, err := w.at.src.Get(w.at.slot, encoded)
	if err != nil && !errors.Is(err, ErrNotFound) {
		row.fail(f, err)
		return false
	}
	return w.show(row, f, encoded, v.Data)
}

// show calls f with a row, whose value is shared, and nil if there is none. It reports whether the
// iteration goes on.
func (w *Watching) show(row *Reading, f func(*Reading) bool, encoded []byte, value any) bool {
	row.Key, row.Value, row.err = encoded, nil, nil
	if value != nil {
		if row.Value, row.err = w.at.def.readable(Value{Data: value, Shared: true}); row.err != nil {
			row.fail(f, row.err)
			return false
		}
	}
	return f(row) && row.err == nil
}

// Watcher collects the changes of one row, or of all rows of a table. Package engine implements it.
type Watcher interface {
	// Key returns the encoded key of the row that is watched, or nil if all rows are.
	Key() []byte
	// Wait waits until Take has something to return. It reports false if ctx ended first.
	Wait(ctx context.Context) bool
	// Take returns the rows that changed since the last call, each once, whether changes were
	// missed, and whether the app is closed.
	Take() (rows []Watched, missed, closed bool)
	// Close ends the watching.
	Close()
}

// Watched is a row that changed. Its key and value are shared: nobody may change them. Package
// engine uses it.
type Watched struct {
	Key   []byte
	Value any // as stored; nil: the row was deleted
	// Stale is set if Value is not known, because another process may have written the row. The
	// reader of the watcher reads it then.
	Stale bool
}
