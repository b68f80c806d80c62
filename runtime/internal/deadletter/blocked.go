package deadletter

import (
	"sync/atomic"

	brook "github.com/brookgen/brookgen/runtime"
)

// Blocked knows which keys of one partition are held up by dead letters, and by which. It is the
// partition's lane's, or whoever holds the gate.
type Blocked struct {
	keys map[BlockedKey][]int64 // offsets of the letters, rising
	n    int                    // letters of the partition, but for those of stage emit
	// emits counts those, which come and go beside the lane.
	emits atomic.Int64
}

// Len returns how many dead letters the partition has, of all stages.
func (w *Blocked) Len() int { return w.n + int(w.emits.Load()) }

// BlockedKey is a key that is held up for a handler set.
type BlockedKey struct {
	Set string // "": every set
	Key string
}

// Add notes a letter; hold says whether later events of its key wait. Emissions hold up nobody.
func (w *Blocked) Add(l *Letter, hold bool) {
	if l.Stage == brook.StageEmit {
		w.emits.Add(1)
		return
	}
	w.n++
	if !hold || l.Key == nil {
		return
	}
	if w.keys == nil {
		w.keys = map[BlockedKey][]int64{}
	}
	k := BlockedKey{l.Set, string(l.Key)}
	w.keys[k] = append(w.keys[k], l.Position.Offset)
}

// AddEmission notes a letter of stage emit, which holds up nobody. It may be called beside the lane.
func (w *Blocked) AddEmission() { w.emits.Add(1) }

// Empty reports whether no key is held up.
func (w *Blocked) Empty() bool { return len(w.keys) == 0 }

// Replace makes w hold up what other does. Letters of stage emit, which come and go beside the lane, stay.
func (w *Blocked) Replace(other *Blocked) { w.keys, w.n = other.keys, other.n }

// Remove forgets a letter.
func (w *Blocked) Remove(l *Letter) {
	if l.Stage == brook.StageEmit {
		w.emits.Add(-1)
		return
	}
	w.n--
	k := BlockedKey{l.Set, string(l.Key)}
	offsets := w.keys[k]
	for i, o := range offsets {
		if o == l.Position.Offset {
			offsets = append(offsets[:i:i], offsets[i+1:]...)
			break
		}
	}
	if len(offsets) == 0 {
		delete(w.keys, k)
	} else {
		w.keys[k] = offsets
	}
}

// Blocker gives the offset of the last letter below offset that holds up a key for a set.
func (w *Blocked) Blocker(set string, key []byte, offset int64) (last int64, ok bool) {
	if len(w.keys) == 0 {
		return 0, false
	}
	for _, k := range [...]BlockedKey{{set, string(key)}, {"", string(key)}} {
		for _, o := range w.keys[k] {
			if o < offset && (!ok || o > last) {
				last, ok = o, true
			}
		}
	}
	return last, ok
}
