package redisstore

import (
	"fmt"
	"sync"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// view is the tables of one app: all in one hash slot, with one sequence of commits.
type view struct {
	name           string
	tag            string
	key, ids, news string

	mu     sync.Mutex
	head   head
	known  time.Time // when head was known to be the newest
	judged time.Time // when the eviction policy was last checked
	bases  map[brook.BatchID]string
	order  []brook.BatchID // keys of bases, oldest first

	moved   time.Time     // when the view last moved under a snapshot
	holdFor time.Duration // for how long a snapshot then holds commits back
	holders holders
}

const (
	keptIDs   = 4096        // batches whose IDs a view keeps
	keptBases = 1024        // unanswered batches that a store remembers
	headAge   = time.Second // age of a head that is read again before a commit
)

func newView(prefix, name string) *view {
	tag := tagOf(prefix, name)
	return &view{name: name, tag: tag, key: tag + suffixView, ids: tag + suffixIDs,
		news: tag + suffixNews, bases: map[brook.BatchID]string{}}
}

// saw notes a head that was read. Replies may overtake each other, so an older one changes
// nothing unless it is sure.
func (v *view) saw(h head, sure bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if sure || h.number >= v.head.number {
		v.head, v.known = h, time.Now()
	}
}

// unjudged reports, once a second, that the eviction policy has to be checked.
func (v *view) unjudged() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if time.Since(v.judged) < headAge {
		return false
	}
	v.judged = time.Now()
	return true
}

// lost reports whether the server, whose newest commit is h, lost commits that were known.
func (v *view) lost(h head) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return h.number == 0 && v.head.number > 0
}

func (v *view) isLost() error {
	return fmt.Errorf("%w: %s had commits and has none any more: "+
		"bring back what it had, or start the app anew to fold the log from its start",
		ErrLost, v.tag)
}

// reopened notes the head that a view has when one of its tables is asked for: it
// may begin anew then.
func (v *view) reopened(text string) error {
	h, err := v.read(text)
	if err == nil && h.number == 0 {
		v.saw(h, true)
	}
	return err
}

// base returns a commit that came before the batch, and whether the server should be asked first.
// A batch that comes again has the base of the first time: if that commit is still among the kept
// IDs, then so is the batch's own, if it was done.
func (v *view) base(id brook.BatchID) (base string, old bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if base, again := v.bases[id]; again {
		return base, false
	}
	return v.head.id, time.Since(v.known) > headAge
}

// unsure remembers the base of a batch that may have been done.
func (v *view) unsure(id brook.BatchID, base string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, again := v.bases[id]; again {
		return
	}
	if len(v.order) == keptBases {
		delete(v.bases, v.order[0])
		v.order = v.order[1:]
	}
	v.bases[id] = base
	v.order = append(v.order, id)
}

// answered forgets the base of a batch whose outcome is known.
func (v *view) answered(id brook.BatchID) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, again := v.bases[id]; !again {
		return
	}
	delete(v.bases, id)
	for i := range v.order {
		if v.order[i] == id {
			v.order = append(v.order[:i], v.order[i+1:]...)
			return
		}
	}
}
