package delivery

import (
	"slices"
	"strings"

	brook "github.com/brookgen/brookgen/runtime"
)

// HistoryEntry returns the event's entry in histories, which outlives the delivery. It has bytes of
// its own, because those of the record may be a few of many that a driver read at once.
func (d *Delivery) HistoryEntry() *brook.HistoryEntry {
	m := &d.Message
	e := &brook.HistoryEntry{
		Position: d.Position, ID: m.ID, Type: m.Type, Author: m.Author, Cause: m.Cause,
		Time: m.Time,
		Key:  d.Record.Key, Headers: slices.Clone(m.Headers), Data: m.Data,
	}
	if !d.Named {
		e.ID = strings.Clone(e.ID) // it shares a block with others
	}
	e.SetVersion(m.Version)
	n := len(e.Key) + len(e.Data)
	for i := range e.Headers {
		n += len(e.Headers[i].Value)
	}
	own := make([]byte, 0, n)
	keep := func(b *[]byte) {
		if *b != nil {
			from := len(own)
			own = append(own, *b...)
			*b = own[from:len(own):len(own)]
		}
	}
	keep(&e.Key)
	keep(&e.Data)
	for i := range e.Headers {
		keep(&e.Headers[i].Value)
	}
	return e
}
