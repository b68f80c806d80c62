package parked

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// put makes e the event of a key in the store, none if it is nil, and returns the one before. The
// caller holds mu.
func (x *Events) put(key string, e *Event) (before *Event) {
	if before = x.all[key]; before != nil {
		x.drop(key, before)
	}
	if e != nil {
		x.add(key, e)
	}
	return before
}

// add adds an event to all that finds it.
func (x *Events) add(key string, e *Event) {
	x.all[key] = e
	x.n.Add(1)
	x.ever.Store(true)
	id := partition.Of(e.Position)
	in := x.of[id]
	if in == nil {
		in = &inPartition{keys: map[deadletter.BlockedKey][]*Event{}}
		x.of[id] = in
	}
	in.n++
	if e.Letter.Key != nil {
		k := keyIn(e)
		list := in.keys[k]
		i, _ := slices.BinarySearchFunc(list, e.Position.Offset, compareOffset)
		in.keys[k] = slices.Insert(list, i, e)
	}
	if e.Due != nil {
		i, _ := slices.BinarySearchFunc(in.due, e, x.Compare)
		in.due = slices.Insert(in.due, i, e)
		x.due.Add(1)
	}
	if !e.Reported {
		i, _ := slices.BinarySearchFunc(in.unreported, e, compareSince)
		in.unreported = slices.Insert(in.unreported, i, e)
	}
	for _, r := range x.refs(e) {
		if x.rows[r] == nil {
			x.rows[r] = map[*Event]bool{}
		}
		x.rows[r][e] = true
	}
}

// drop undoes add.
func (x *Events) drop(key string, e *Event) {
	delete(x.all, key)
	x.n.Add(-1)
	id := partition.Of(e.Position)
	in := x.of[id]
	if in.n--; in.n == 0 {
		delete(x.of, id)
	}
	if e.Letter.Key != nil {
		k := keyIn(e)
		i, _ := slices.BinarySearchFunc(in.keys[k], e.Position.Offset, compareOffset)
		if list := slices.Delete(in.keys[k], i, i+1); len(list) > 0 {
			in.keys[k] = list
		} else {
			delete(in.keys, k)
		}
	}
	if e.Due != nil {
		i, _ := slices.BinarySearchFunc(in.due, e, x.Compare)
		in.due = slices.Delete(in.due, i, i+1)
		x.due.Add(-1)
	}
	if !e.Reported {
		i, _ := slices.BinarySearchFunc(in.unreported, e, compareSince)
		in.unreported = slices.Delete(in.unreported, i, i+1)
	}
	for _, r := range x.refs(e) {
		if delete(x.rows[r], e); len(x.rows[r]) == 0 {
			delete(x.rows, r)
		}
	}
}

// refs returns the rows that an event waits for and that the code has.
func (x *Events) refs(e *Event) (refs []ref) {
	for _, r := range e.Missed {
		if slot, ok := x.places.slots[r.Table]; ok {
			refs = append(refs, ref{slot, string(r.Key)})
		}
	}
	return refs
}

// compareSince orders events by the time since when they wait.
func compareSince(a, b *Event) int {
	return cmp.Or(a.Since.Compare(b.Since), bytes.Compare(a.key, b.key))
}

func keyIn(e *Event) deadletter.BlockedKey {
	return deadletter.BlockedKey{Set: e.Set, Key: string(e.Letter.Key)}
}
