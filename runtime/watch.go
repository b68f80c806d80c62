package brook

import (
	"context"
	"iter"
)

// Update is a change of one row as a watcher sees it. Only the last of several changes in quick succession may be seen.
type Update[K comparable, V any] struct {
	Key     K
	Value   V    // the caller's own; the zero value where Present is false
	Present bool // false: the row was deleted
	// Missed is set where changes of rows were lost between the update before and this one, because the
	// watcher was too slow or the views were rebuilt: what else it knows may be stale. With a rebuild, Key is
	// the zero key where nothing more is known.
	Missed bool
}

// Watch gives the value at key as it is, and again after every change of it, until ctx or the app
// ends: then the sequence ends, for the app's end with [ErrClosed]. Only views of an app can be watched, not those of a
// snapshot. Watching begins with the call; the sequence can be ranged over once, and should be: until then, or until the
// app closes, it is kept up to date.
//
//go:noinline
func Watch[K comparable, V any](ctx context.Context, v View[K, V], key K) iter.Seq2[Update[K, V], error] {
	return updates(ctx, v, v.def.AppendKey(nil, key), true)
}

// Changes gives every change of the collection from the call on, as Watch does for one value.
//
//go:noinline
func Changes[K comparable, V any](ctx context.Context, v View[K, V]) iter.Seq2[Update[K, V], error] {
	return updates(ctx, v, nil, false)
}

//go:noinline
func updates[K comparable, V any](ctx context.Context, v View[K, V], encoded []byte, first bool) iter.Seq2[Update[K, V], error] {
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
