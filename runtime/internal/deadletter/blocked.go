package deadletter

import (
	"sync/atomic"

	brook "github.com/brookgen/brookgen/runtime"
)

// Blocked knows which keys of one partition are blocked by dead letters, and by which. It belongs
// to the partition's task, or to whoever holds the quiesce lock. The zero Blocked is empty.
type Blocked struct {
	keys map[BlockedKey][]int64 // offsets of the letters, in the order in which they were added
	// n counts the letters of the partition except those of emissions and jobs, which after counts:
	// they come and go beside the task. Anybody may read both.
	n, after atomic.Int64
}

// BlockedKey is a key that is blocked for a handler set.
type BlockedKey struct {
	Set string // "": every set
	Key string
}

// Len returns how many dead letters the partition has, of all stages. Any goroutine may call it.
func (b *Blocked) Len() int { return int(b.n.Load() + b.after.Load()) }

// Empty reports whether no key is blocked.
func (b *Blocked) Empty() bool { return len(b.keys) == 0 }

// Add counts a letter. If blocks is set, it blocks its key for later events. Letters of emissions
// and jobs, and letters without a key, block nothing. Those of stage early are not counted: package
// parked does, and knows what waits behind their events.
func (b *Blocked) Add(l *Letter, blocks bool) {
	if l.Stage == brook.StageEarly {
		return
	}
	if l.AfterCommit() {
		b.after.Add(1)
		return
	}
	b.n.Add(1)
	if !blocks || l.Key == nil {
		return
	}
	if b.keys == nil {
		b.keys = map[BlockedKey][]int64{}
	}
	k := BlockedKey{l.Set, string(l.Key)}
	b.keys[k] = append(b.keys[k], l.Position.Offset)
}

// AddAfter counts a letter of an emission or a job. It may be called beside the task.
func (b *Blocked) AddAfter() { b.after.Add(1) }

// Remove undoes Add.
func (b *Blocked) Remove(l *Letter) {
	if l.Stage == brook.StageEarly {
		return
	}
	if l.AfterCommit() {
		b.after.Add(-1)
		return
	}
	b.n.Add(-1)
	k := BlockedKey{l.Set, string(l.Key)}
	offsets := b.keys[k]
	for i, o := range offsets {
		if o == l.Position.Offset {
			offsets = append(offsets[:i:i], offsets[i+1:]...)
			break
		}
	}
	if len(offsets) == 0 {
		delete(b.keys, k)
	} else {
		b.keys[k] = offsets
	}
}

// Unblock makes a letter block nothing any more that was added with a key and has lost it.
func (b *Blocked) Unblock(l *Letter, key []byte) {
	old := *l
	old.Key = key
	b.Remove(&old)
	b.Add(l, false)
}

// Replace makes b block what other does, which is not used after that. The count of letters of
// emissions and jobs stays: they come and go beside the task.
func (b *Blocked) Replace(other *Blocked) {
	b.keys = other.keys
	b.n.Store(other.n.Load())
}

// Blocker returns the offset of the last letter below offset that blocks a key for a set, and
// whether there is one.
func (b *Blocked) Blocker(set string, key []byte, offset int64) (last int64, ok bool) {
	if len(b.keys) == 0 {
		return 0, false
	}
	for _, k := range [...]BlockedKey{{set, string(key)}, {"", string(key)}} {
		for _, o := range b.keys[k] {
			if o < offset && (!ok || o > last) {
				last, ok = o, true
			}
		}
	}
	return last, ok
}
