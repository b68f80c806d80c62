package mapstore

import (
	"iter"

	brook "github.com/brookgen/brookgen/runtime"
)

// history is the history of a row at some instant. The versions of a row share one array of
// entries: only the newest appends, behind what older ones see. Trimmed entries may still be in the
// array; reading skips them.
type history struct {
	entries []*brook.HistoryEntry
	keep    *limits
}

// limits are the numbers of entries to keep, by event type.
type limits struct {
	perType map[string]int
	lowest  int
}

func newLimits(perType map[string]int) *limits {
	l := &limits{perType: make(map[string]int, len(perType))}
	for name, n := range perType {
		n = max(n, 0)
		if len(l.perType) == 0 || n < l.lowest {
			l.lowest = n
		}
		l.perType[name] = n
	}
	return l
}

// extend returns the history with more appended and then trimmed. It may be called only once for a
// history, which stays as it is.
func (h *history) extend(more []*brook.HistoryEntry, keep *limits) *history {
	switch {
	case h == nil:
		h = &history{keep: keep}
	case h.keep != keep: // what the old limits trimmed must not come back
		h = &history{entries: h.copyTrimmed(0), keep: keep}
	}
	n := len(h.entries) + len(more)
	if n <= cap(h.entries) {
		return &history{entries: append(h.entries, more...), keep: keep}
	}
	all := &history{entries: append(h.entries[:len(h.entries):len(h.entries)], more...), keep: keep}
	all.entries = all.copyTrimmed(1)
	return all
}

// copyTrimmed returns the entries that are not trimmed, with room for some more, so that copying
// costs little per entry.
func (h *history) copyTrimmed(room int) []*brook.HistoryEntry {
	surplus := h.surplus()
	n := len(h.entries)
	for _, s := range surplus {
		n -= max(s, 0)
	}
	if room > 0 {
		room = min(n, max(4, n/4))
	}
	kept := make([]*brook.HistoryEntry, 0, n+room)
	for e := range h.without(surplus) {
		kept = append(kept, e)
	}
	return kept
}

// all returns the entries that are not trimmed, oldest first.
func (h *history) all() iter.Seq[*brook.HistoryEntry] {
	if h == nil {
		return func(func(*brook.HistoryEntry) bool) {}
	}
	return h.without(h.surplus())
}

// without skips, by type, the given number of the oldest entries. It counts surplus down.
func (h *history) without(surplus map[string]int) iter.Seq[*brook.HistoryEntry] {
	return func(yield func(*brook.HistoryEntry) bool) {
		for _, e := range h.entries {
			if n := surplus[e.Type]; n > 0 {
				surplus[e.Type] = n - 1
			} else if !yield(e) {
				return
			}
		}
	}
}

// surplus counts the entries of each limited type, minus its limit.
func (h *history) surplus() map[string]int {
	if len(h.keep.perType) == 0 || len(h.entries) <= h.keep.lowest {
		return nil
	}
	counts := make(map[string]int, len(h.keep.perType))
	for _, e := range h.entries {
		if limit, limited := h.keep.perType[e.Type]; limited {
			if _, seen := counts[e.Type]; !seen {
				counts[e.Type] = -limit
			}
			counts[e.Type]++
		}
	}
	return counts
}
