// Package parked holds the events that came too early: for each handler set that asked for rows in
// vain, the event with these rows, and behind it the events of its key that wait for it. It knows
// which of them are due because such a row appeared.
//
// Events is what a generation has parked. Any goroutine may use it; its mutex guards all of it, and
// nothing else is taken under that. A Journal is what one batch changes of it, in memory at once and
// in the store with the commit: it belongs to the owner of the batch. Events of one partition are
// changed by its task alone, or by whoever holds the quiesce lock.
package parked

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// Events are the parked events of a generation, as memory has them.
type Events struct {
	places *Places
	sets   []string // in order
	n      atomic.Int64
	due    atomic.Int64
	ever   atomic.Bool // something was parked since the app opened

	mu   sync.Mutex
	all  map[string]*Event             // by key in the store
	of   map[partition.ID]*inPartition // without empty ones
	rows map[ref]map[*Event]bool       // that wait for a row
}

// ref names a row in memory.
type ref struct {
	slot int
	key  string
}

// inPartition is the parked events of one partition.
type inPartition struct {
	n          int
	keys       map[deadletter.BlockedKey][]*Event // in log order
	due        []*Event                           // as they run
	unreported []*Event                           // by the time since when they wait
}

// NewEvents returns an empty Events. sets are the names of the handler sets, in order.
func NewEvents(places *Places, sets []string) *Events {
	e := &Events{places: places, sets: sets}
	e.clear()
	return e
}

func (x *Events) clear() {
	x.all, x.of = map[string]*Event{}, map[partition.ID]*inPartition{}
	x.rows = map[ref]map[*Event]bool{}
	x.n.Store(0)
	x.due.Store(0)
}

// Empty reports whether nothing is parked. That is so if x is nil.
func (x *Events) Empty() bool { return x == nil || x.n.Load() == 0 }

// Ever reports whether anything was parked, as far as memory knows, since the app opened.
func (x *Events) Ever() bool { return x != nil && x.ever.Load() }

// AnyDue reports whether any event is due.
func (x *Events) AnyDue() bool { return x != nil && x.due.Load() > 0 }

// Len returns how many events of a partition are parked, and how many of these are reported.
func (x *Events) Len(id partition.ID) (n, reported int) {
	if x.Empty() {
		return 0, 0
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	in := x.of[id]
	if in == nil {
		return 0, 0
	}
	return in.n, in.n - len(in.unreported)
}

// Total returns how many events are parked, and how many of these are reported.
func (x *Events) Total() (n, reported int) {
	if x.Empty() {
		return 0, 0
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, in := range x.of {
		n, reported = n+in.n, reported+in.n-len(in.unreported)
	}
	return n, reported
}

// Replace makes x hold these events instead, as the store has them.
func (x *Events) Replace(events []*Event) {
	x.ReplaceOf(func(partition.ID) bool { return true }, events)
}

// ReplaceOf is Replace for those partitions that match accepts.
func (x *Events) ReplaceOf(match func(partition.ID) bool, events []*Event) {
	if x == nil {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for key, e := range x.all {
		if match(partition.Of(e.Position)) {
			x.drop(key, e)
		}
	}
	for _, e := range events {
		if match(partition.Of(e.Position)) {
			x.put(string(e.key), e)
		}
	}
}

// All returns all events, as they run.
func (x *Events) All() []*Event {
	if x.Empty() {
		return nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	all := make([]*Event, 0, len(x.all))
	for _, e := range x.all {
		all = append(all, e)
	}
	slices.SortFunc(all, x.Compare)
	return all
}

// Get returns the event of a key in the store, nil if there is none.
func (x *Events) Get(key []byte) *Event {
	if x.Empty() {
		return nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.all[string(key)]
}

// At returns the events of a position.
func (x *Events) At(p brook.Position) (events []*Event) {
	if x.Empty() {
		return nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, e := range x.all {
		if e.Position == p {
			events = append(events, e)
		}
	}
	slices.SortFunc(events, x.Compare)
	return events
}

// Due returns the event that is due first in a partition, nil if none is.
func (x *Events) Due(id partition.ID) *Event {
	if !x.AnyDue() {
		return nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if in := x.of[id]; in != nil && len(in.due) > 0 {
		return in.due[0]
	}
	return nil
}

// FirstDue returns the event that is due first of all, nil if none is.
func (x *Events) FirstDue() (first *Event) {
	if !x.AnyDue() {
		return nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, in := range x.of {
		if len(in.due) > 0 && (first == nil || x.Compare(in.due[0], first) < 0) {
			first = in.due[0]
		}
	}
	return first
}

// Overdue returns the event of a partition that waits for the longest without being reported, nil
// if there is none.
func (x *Events) Overdue(id partition.ID) *Event {
	if x.Empty() {
		return nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if in := x.of[id]; in != nil && len(in.unreported) > 0 {
		return in.unreported[0]
	}
	return nil
}

// Owing returns the lowest offset of a partition whose event woke one that is due yet, and whether
// there is any. With parked it also counts the events of the partition that are parked and not
// reported.
func (x *Events) Owing(id partition.ID, parked bool) (offset int64, ok bool) {
	if !x.AnyDue() && (!parked || x.Empty()) {
		return 0, false
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, in := range x.of {
		for _, e := range in.due {
			if by := e.Due.By; partition.Of(by) == id && (!ok || by.Offset < offset) {
				offset, ok = by.Offset, true
			}
		}
	}
	if in := x.of[id]; parked && in != nil && len(in.unreported) > 0 {
		if first := in.unreported[0].Position.Offset; !ok || first < offset {
			offset, ok = first, true
		}
	}
	return offset, ok
}

// Ahead returns the position of the last event of a key that is parked for a set below an offset.
func (x *Events) Ahead(
	id partition.ID, set string, key []byte, offset int64,
) (at brook.Position, ok bool) {
	if x.Empty() || key == nil {
		return at, false
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, e := range x.ahead(id, set, key, offset) {
		at, ok = e.Position, true
	}
	return at, ok
}

// ahead is the events of a key that are parked for a set below an offset.
func (x *Events) ahead(id partition.ID, set string, key []byte, offset int64) []*Event {
	in := x.of[id]
	if in == nil {
		return nil
	}
	list := in.keys[deadletter.BlockedKey{Set: set, Key: string(key)}]
	n, _ := slices.BinarySearchFunc(list, offset, compareOffset)
	return list[:n]
}

// Misses reports whether an event that is parked for a set and a key below an offset waits for a
// row of a slot.
func (x *Events) Misses(
	id partition.ID, set string, key []byte, offset int64, slot int, row []byte,
) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	for e := range x.rows[ref{slot, string(x.places.found(slot, row))}] {
		if e.Position.Offset < offset && partition.Of(e.Position) == id && e.Set == set &&
			string(e.Letter.Key) == string(key) {
			return true
		}
	}
	return false
}

// Waits reports whether an event waits for a row of a slot whose partition match accepts.
func (x *Events) Waits(slot int, row []byte, match func(partition.ID) bool) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	for e := range x.rows[ref{slot, string(x.places.found(slot, row))}] {
		if match(partition.Of(e.Position)) {
			return true
		}
	}
	return false
}

// waiting returns the events that wait for a row of a slot, in log order.
func (x *Events) waiting(slot int, row []byte) (events []*Event) {
	for e := range x.rows[ref{slot, string(x.places.found(slot, row))}] {
		events = append(events, e)
	}
	slices.SortFunc(events, x.Compare)
	return events
}

// Compare orders events as they run: as the log does, and those of one position as the sets.
func (x *Events) Compare(a, b *Event) int {
	return cmp.Or(a.Position.Compare(b.Position),
		cmp.Compare(slices.Index(x.sets, a.Set), slices.Index(x.sets, b.Set)))
}

func compareOffset(e *Event, offset int64) int { return cmp.Compare(e.Position.Offset, offset) }
