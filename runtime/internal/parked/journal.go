package parked

import (
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// Journal is what a batch changes of parked events. Its changes are in memory at once, and can be
// taken back until Forget. The zero Journal has no Events and must not be used.
type Journal struct {
	events  *Events
	changes []change
	undone  bool
}

// change is one change of an event, nil if there was none or is none any more.
type change struct {
	key           string
	before, after *Event
}

// On makes the journal one of events. It is empty.
func (j *Journal) On(events *Events) { j.events = events }

// Events returns what the journal changes.
func (j *Journal) Events() *Events { return j.events }

// Empty reports whether the journal has no changes.
func (j *Journal) Empty() bool { return len(j.changes) == 0 }

// set makes e the event of a key in the store. The caller holds the mutex of the events.
func (j *Journal) set(key string, e *Event) {
	before := j.events.put(key, e)
	j.changes = append(j.changes, change{key, before, e})
}

// Park parks an event that ran for the first time. It waits for what it missed or, if that is
// nothing, behind another one.
func (j *Journal) Park(e *Event) {
	j.events.mu.Lock()
	defer j.events.mu.Unlock()
	j.set(string(e.key), e)
}

// Stays notes that an event that was due ran again and stays parked. If it came too early again, it
// missed these rows; if missed is nil, it waits behind another one. letter is what is known of it
// now.
func (j *Journal) Stays(e *Event, letter deadletter.Letter, missed []Row) {
	x := j.events
	x.mu.Lock()
	defer x.mu.Unlock()
	letter.Stage = brook.StageEarly
	after := e.with(func(c *Event) { c.Letter, c.Missed, c.Due = letter, missed, nil })
	j.set(string(e.key), after)
	if missed == nil || same(e.Missed, missed) {
		return
	}
	// What waits behind it may make these rows appear.
	for _, behind := range x.behind(after) {
		if len(behind.Missed) == 0 && behind.Due == nil {
			j.wake(behind, e.due())
		}
	}
}

// due returns by what the event was woken.
func (e *Event) due() Due {
	if e.Due == nil {
		return Due{}
	}
	return *e.Due
}

// behind returns the events that wait behind one.
func (x *Events) behind(e *Event) []*Event {
	if e.Letter.Key == nil {
		return nil
	}
	list := x.of[partition.Of(e.Position)].keys[keyIn(e)]
	i, _ := slices.BinarySearchFunc(list, e.Position.Offset+1, compareOffset)
	return slices.Clone(list[i:])
}

// wake makes an event due.
func (j *Journal) wake(e *Event, by Due) {
	j.set(string(e.key), e.with(func(c *Event) { c.Due = &by }))
}

// Removed notes that an event is parked no longer: it was applied, dropped, or failed. If it was the
// first of its key, the next one is due.
func (j *Journal) Removed(e *Event, by Due) {
	x := j.events
	x.mu.Lock()
	defer x.mu.Unlock()
	j.set(string(e.key), nil)
	in := x.of[partition.Of(e.Position)]
	if in == nil || e.Letter.Key == nil {
		return
	}
	list := in.keys[keyIn(e)]
	if len(list) == 0 {
		return
	}
	if next := list[0]; next.Due == nil && len(next.Missed) == 0 {
		j.wake(next, by)
	}
}

// Appeared makes the events due that wait for a row of a slot, which appeared.
func (j *Journal) Appeared(slot int, row []byte, by Due) {
	x := j.events
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, e := range x.waiting(slot, row) {
		if e.Due == nil {
			j.wake(e, by)
		}
	}
}

// Report notes that a dead letter reports the event from now on.
func (j *Journal) Report(e *Event) {
	j.events.mu.Lock()
	defer j.events.mu.Unlock()
	j.set(string(e.key), e.with(func(c *Event) { c.Reported = true }))
}

// Settle makes an event that a rebuild parked wait as another one does, unless that is nil, with
// what is known of it by its letter.
func (j *Journal) Settle(e *Event, letter deadletter.Letter, as *Event) {
	after := e.with(func(c *Event) {
		c.Letter = letter
		if as != nil {
			c.Since, c.Reported = as.Since, as.Reported
		}
	})
	if after.Since.Equal(e.Since) && after.Reported == e.Reported &&
		letter.Silent == e.Silent && slices.Equal(letter.Owes, e.Owes) {
		return
	}
	j.events.mu.Lock()
	defer j.events.mu.Unlock()
	j.set(string(e.key), after)
}

// last returns the last change of each event, in the order of their first ones.
func (j *Journal) last() (changes []change) {
	at := map[string]int{}
	for _, c := range j.changes {
		if i, ok := at[c.key]; ok {
			changes[i].after = c.after
			continue
		}
		at[c.key] = len(changes)
		changes = append(changes, c)
	}
	return changes
}

// Tables are where events are stored, and the dead letters that report them.
type Tables struct{ Events, Letters brook.Table }

// Writes appends the writes that store the changes, with the dead letters of those that are
// reported; Complete comes before. lettered reports whether the batch stores another letter of an
// event, by its key.
func (j *Journal) Writes(
	dst []brook.Write, t Tables, lettered func(key []byte) bool,
) []brook.Write {
	if len(j.changes) == 0 {
		return dst
	}
	for _, c := range j.last() {
		switch before, after := c.before, c.after; {
		case after != nil:
			dst = append(dst, after.Write(t.Events))
			if after.Reported {
				dst = append(dst, after.Letter.Write(t.Letters))
				dst[len(dst)-1].Key = after.key
			}
		case before != nil:
			dst = append(dst, brook.Write{Table: t.Events, Key: before.key, Op: brook.Remove})
			if before.Reported && !lettered(before.key) {
				dst = append(dst, brook.Write{Table: t.Letters, Key: before.key, Op: brook.Remove})
			}
		}
	}
	return dst
}

// Touched returns the partitions whose events are changed.
func (j *Journal) Touched() (ids []partition.ID) {
	for _, c := range j.changes {
		e := c.after
		if e == nil {
			e = c.before
		}
		if e == nil {
			continue
		}
		if id := partition.Of(e.Position); !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// New returns the events that the batch parks.
func (j *Journal) New() (events []*Event) {
	if len(j.changes) == 0 {
		return nil
	}
	for _, c := range j.last() {
		if c.before == nil && c.after != nil {
			events = append(events, c.after)
		}
	}
	return events
}

// Reported returns the dead letters of events that the batch reports.
func (j *Journal) Reported() (letters []deadletter.Letter) {
	if len(j.changes) == 0 {
		return nil
	}
	for _, c := range j.last() {
		if c.after != nil && c.after.Reported && (c.before == nil || !c.before.Reported) {
			letters = append(letters, c.after.Letter)
		}
	}
	return letters
}

// Undo takes the changes back in memory, until Redo or Forget.
func (j *Journal) Undo() {
	if j.undone || len(j.changes) == 0 {
		return
	}
	j.undone = true
	j.events.mu.Lock()
	defer j.events.mu.Unlock()
	for _, c := range slices.Backward(j.changes) {
		j.events.put(c.key, c.before)
	}
}

// Redo makes the changes again that Undo took back.
func (j *Journal) Redo() {
	if !j.undone {
		return
	}
	j.undone = false
	j.events.mu.Lock()
	defer j.events.mu.Unlock()
	for _, c := range j.changes {
		j.events.put(c.key, c.after)
	}
}

// Forget empties the journal. What was not undone stays, and is in the store: memory goes without
// its records.
func (j *Journal) Forget() {
	if len(j.changes) > 0 && !j.undone {
		j.lighten()
	}
	clear(j.changes)
	j.changes, j.undone = j.changes[:0], false
}
