package engine

import (
	"sync/atomic"

	brook "github.com/brookgen/brookgen/runtime"
)

// waits knows which keys of one partition are held up by dead letters, and by which. It is the
// partition's lane's, or whoever holds the gate.
type waits struct {
	keys map[waitKey][]int64 // offsets of the letters, rising
	n    int                 // letters of the partition, but for those of stage emit
	// emits counts those, which come and go beside the lane.
	emits atomic.Int64
}

// letters returns how many dead letters the partition has, of all stages.
func (w *waits) letters() int { return w.n + int(w.emits.Load()) }

type waitKey struct {
	set string // "": every set
	key string
}

// add notes a letter; hold says whether later events of its key wait. Emissions hold up nobody.
func (w *waits) add(l *deadLetter, hold bool) {
	if l.Stage == brook.StageEmit {
		w.emits.Add(1)
		return
	}
	w.n++
	if !hold || l.Key == nil {
		return
	}
	if w.keys == nil {
		w.keys = map[waitKey][]int64{}
	}
	k := waitKey{l.Set, string(l.Key)}
	w.keys[k] = append(w.keys[k], l.Position.Offset)
}

// remove forgets a letter.
func (w *waits) remove(l *deadLetter) {
	if l.Stage == brook.StageEmit {
		w.emits.Add(-1)
		return
	}
	w.n--
	k := waitKey{l.Set, string(l.Key)}
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

// behind gives the offset of the last letter below offset that holds up a key for a set.
func (w *waits) behind(set string, key []byte, offset int64) (last int64, ok bool) {
	if len(w.keys) == 0 {
		return 0, false
	}
	for _, k := range [...]waitKey{{set, string(key)}, {"", string(key)}} {
		for _, o := range w.keys[k] {
			if o < offset && (!ok || o > last) {
				last, ok = o, true
			}
		}
	}
	return last, ok
}
