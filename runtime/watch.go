package brook

import (
	"context"
	"iter"
)

// Update is a change of one row as a watcher sees it. Of several changes of a row in quick
// succession it may see the last one only.
type Update[K comparable, V any] struct {
	Key     K
	Value   V    // the caller's own; the zero value unless Present is true
	Present bool // false: the row was deleted
	// Missed is set if changes of rows were lost between the update before and this one, because
	// the watcher was too slow or the views were rebuilt: what the watcher knows of other rows may
	// be stale. If it is not known which rows changed, as after a rebuild, Key is the zero key.
	Missed bool
}

// Watch yields the value at key as it is, and again after every change of it, until ctx ends or the
// app is closed. When the app is closed, the sequence yields [ErrClosed] last. Only a view of an
// App can be watched: for one of a snapshot or a handler the sequence yields an error.
//
// Watching begins with the call. The sequence can be ranged over once, by one goroutine, and should
// be: until then, or until ctx ends or the app is closed, changes are collected for it.
//
//go:noinline
func Watch[K comparable, V any](
	ctx context.Context, v View[K, V], key K,
) iter.Seq2[Update[K, V], error] {
	return updates(ctx, v, v.def.AppendKey(nil, key), true)
}

// Changes yields every change of the collection from the call on, as [Watch] does for one value. It
// does not yield the values that there are.
//
//go:noinline
func Changes[K comparable, V any](
	ctx context.Context, v View[K, V],
) iter.Seq2[Update[K, V], error] {
	return updates(ctx, v, nil, false)
}

//go:noinline
func updates[K comparable, V any](
	ctx context.Context, v View[K, V], encoded []byte, first bool,
) iter.Seq2[Update[K, V], error] {
	w := v.at.src.Watch(ctx, v.at.slot, encoded)
	return func(yield func(Update[K, V], error) bool) {
		v.at.watch(ctx, w, first, func(row *Watched, missed bool, err error) bool {
			u := Update[K, V]{Missed: missed}
			if row != nil {
				if u.Present = row.Value != nil; u.Present {
					u.Value, err = v.def.own(Value{Data: row.Value, Shared: true}, err)
				}
				if err == nil {
					u.Key, err = v.def.DecodeKey(row.Key)
				}
			}
			return yield(u, err) && err == nil
		})
	}
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
