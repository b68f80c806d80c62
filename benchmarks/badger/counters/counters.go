// Package counters is what the benchmarks of the Badger store fold: one event that makes a row with
// history, and one that makes a row without.
package counters

//go:generate go tool brookgen

import brook "github.com/brookgen/brookgen/runtime"

// Added adds to a counter with history.
//
//brook:event counter.added history=10
type Added struct {
	ID     string `json:"id" brook:"key"`
	Amount int64  `json:"amount"`
	Reason string `json:"reason"`
}

// Counted adds to a counter without history.
//
//brook:event counter.counted history=off
type Counted struct {
	ID     string `json:"id" brook:"key"`
	Amount int64  `json:"amount"`
	Reason string `json:"reason"`
}

// Counter is a counter with history.
//
//brook:collection counters
type Counter struct {
	ID     string `json:"id" brook:"key"`
	Total  int64  `json:"total"`
	Times  int    `json:"times"`
	Reason string `json:"reason"`
}

// Tally is a counter without history.
//
//brook:collection tallies history=off
type Tally struct {
	ID     string `json:"id" brook:"key"`
	Total  int64  `json:"total"`
	Times  int    `json:"times"`
	Reason string `json:"reason"`
}

// Sums adds up.
type Sums struct{}

//brook:handle
func (Sums) Added(e brook.Event[Added]) brook.Change[string, Counter] {
	added := e.Data // not e: a function that uses it takes the whole event to the heap
	return brook.Merge(added.ID, func(c *Counter) {
		c.Total += added.Amount
		c.Times++
		c.Reason = added.Reason
	})
}

//brook:handle
func (Sums) Counted(e brook.Event[Counted]) brook.Change[string, Tally] {
	counted := e.Data
	return brook.Merge(counted.ID, func(c *Tally) {
		c.Total += counted.Amount
		c.Times++
		c.Reason = counted.Reason
	})
}
