package timers

import (
	"iter"
	"maps"
	"sync"
	"time"

	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// Heads is when the first timer of each partition is due, by the partition of the event that set
// it: all that memory has of them. It may be too early, if that timer was cancelled, and never too
// late. A nil Heads is that of an app without timers. It is safe for concurrent use.
type Heads struct {
	slot int          // of the table of entries
	wake retry.Signal // there may be something to do

	mu      sync.Mutex
	first   map[partition.ID]time.Time
	unknown bool // the store is to be asked which partitions have timers
	marks   int  // how often it became unknown
	awaited bool // somebody waits for views to move on
}

// NewHeads returns heads that are not known yet. slot is that of the table of entries.
func NewHeads(slot int) *Heads {
	return &Heads{
		slot: slot, wake: retry.NewSignal(), first: map[partition.ID]time.Time{}, unknown: true,
	}
}

// Wake returns a channel that holds a token if there may be something to do.
func (h *Heads) Wake() <-chan struct{} { return h.wake }

// Rouse makes who waits for Wake look.
func (h *Heads) Rouse() {
	if h != nil {
		h.wake.Set()
	}
}

// Committed notes what a commit changed; changed returns the rows of a table that it wrote.
func (h *Heads) Committed(changed func(slot int) iter.Seq2[[]byte, any]) {
	if h == nil {
		return
	}
	earlier := false
	for encoded, value := range changed(h.slot) {
		if value == nil || !Waits(encoded) {
			continue
		}
		if e, err := DecodeEntry(encoded); err == nil {
			earlier = h.lower(e.Partition, e.Due) || earlier
		}
	}
	h.mu.Lock()
	awaited := h.awaited
	h.mu.Unlock()
	if earlier || awaited {
		h.wake.Set()
	}
}

// lower notes a timer, and reports whether it is the first one of its partition.
func (h *Heads) lower(id partition.ID, due time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if first, ok := h.first[id]; ok && !due.Before(first) {
		return false
	}
	h.first[id] = due
	return true
}

// Await says whether commits are to wake who waits, whatever they set.
func (h *Heads) Await(on bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.awaited = on
}

// Forget notes that the store may have timers that were not heard of.
func (h *Heads) Forget() {
	if h == nil {
		return
	}
	h.mu.Lock()
	h.unknown = true
	h.marks++
	h.mu.Unlock()
	h.wake.Set()
}

// Unknown reports whether the store is to be asked. The answer goes to Learn, with the mark.
func (h *Heads) Unknown() (unknown bool, mark int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.unknown {
		clear(h.first) // what is committed from now on is added
	}
	return h.unknown, h.marks
}

// Learn notes what the store has, which was asked after Unknown returned the mark.
func (h *Heads) Learn(first map[partition.ID]time.Time, mark int) {
	for id, due := range first {
		h.lower(id, due)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.unknown = h.unknown && h.marks != mark
}

// Begin forgets the head of a partition, whose entries are about to be read: what is committed from
// now on is noted again. Set notes what was read.
func (h *Heads) Begin(id partition.ID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.first, id)
}

// Set notes a timer that the store has.
func (h *Heads) Set(id partition.ID, due time.Time) { h.lower(id, due) }

// All returns the heads. The map is the caller's.
func (h *Heads) All() map[partition.ID]time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return maps.Clone(h.first)
}
