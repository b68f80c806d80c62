package inspection

import (
	"cmp"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
)

// The bounds of a story.
const (
	maxEvents = 2000 // events whose handlers are called again
	maxRows   = 64   // rows that are followed
	maxRounds = 8    // of finding out which rows are to be followed
)

// past is the history of a row.
type past struct {
	place
	entries []*brook.HistoryEntry // the newest, oldest first
	earlier int                   // how many there are before entries
	whole   bool                  // entries are all events that ever changed the row
	// certain is the number of entries from which on no event is missing between them.
	certain int
}

// past reads the history of a row of a collection.
func (c *call) past(ord int, key []byte) (*past, error) {
	slot := c.set.Code.Layout.Rows[ord]
	p := &past{place: place{slot, string(key)}}
	for entry, err := range c.reader.History(c.ctx, c.gen.Tables[slot], key) {
		if err != nil {
			return nil, err
		}
		if len(p.entries) == maxEvents {
			p.entries = slices.Delete(p.entries, 0, 1)
			p.earlier++
		}
		p.entries = append(p.entries, entry)
	}
	p.certain = c.certain(ord, p.entries)
	p.whole = p.earlier == 0 && len(p.entries) > 0 && p.certain == 0
	return p, nil
}

// certain returns the number of entries, of the history of a row, from which on no event is missing
// between them. Missing are the older ones of a type of which a row keeps as many as there are, and
// all of a type of which it keeps none; an entry of a type that the code does not know is as good
// as missing.
func (c *call) certain(ord int, entries []*brook.HistoryEntry) (from int) {
	code := c.set.Code
	for i := range c.set.Def.Handlers {
		h := &c.set.Def.Handlers[i]
		if slices.Contains(h.Writes, ord) && code.Events[h.Event].History == 0 {
			return len(entries)
		}
	}
	kept, first := map[string]int{}, map[string]int{}
	for i, e := range entries {
		typ := code.Today(e.Type)
		if kept[typ]++; kept[typ] == 1 {
			first[typ] = i
		}
		if _, known := code.Events[typ]; !known {
			from = i + 1
		}
	}
	for typ, n := range kept {
		if info, known := code.Events[typ]; known && info.History != brook.KeepAll &&
			n >= info.History {
			from = max(from, first[typ], 1)
		}
	}
	return from
}

// inOrder calls do with the events of histories, each once, in an order in which they may have been
// folded: that of each history, and as far as that leaves it open, that of the log.
func inOrder(pasts []*past, do func(*brook.HistoryEntry)) {
	type event struct {
		at brook.Position
		id string
	}
	at, seen := make([]int, len(pasts)), map[event]bool{}
	for {
		first := -1
		for i, p := range pasts {
			if at[i] < len(p.entries) && (first < 0 ||
				earlier(p.entries[at[i]], pasts[first].entries[at[first]])) {
				first = i
			}
		}
		if first < 0 {
			return
		}
		e := pasts[first].entries[at[first]]
		at[first]++
		if k := (event{e.Position, e.ID}); !seen[k] {
			seen[k] = true
			do(e)
		}
	}
}

// earlier reports whether a comes before b in the log.
func earlier(a, b *brook.HistoryEntry) bool {
	p, q := a.Position, b.Position
	if p.Topic == q.Topic && p.Partition == q.Partition && !p.IsZero() && !q.IsZero() {
		return p.Offset < q.Offset
	}
	return cmp.Or(a.Time.Compare(b.Time), p.Compare(q)) < 0
}
