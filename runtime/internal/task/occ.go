package task

import (
	brook "github.com/brookgen/brookgen/runtime"
)

// preconditions returns what a batch relies on if several processes write the store: besides what
// its events read and the state of the app, the positions that it goes on from. If another process
// was faster, nothing is written, and the task begins anew from what the store holds. preconditions
// returns nil if the store is the process's own.
func (c *commit) preconditions() []brook.Check {
	if !c.Tx.TracksReads() {
		return nil
	}
	checks := c.Batch.Preconditions(c.set.Catalog, &c.set.ExclusiveMark)
	stands := func(p *Partition) brook.Check {
		return brook.Check{Table: c.Gen.Positions, Key: p.ID.AppendKey(nil), Value: p.Stored()}
	}
	scanned := c.Tx.Scanned()
	for _, p := range c.Partitions {
		if p.Dirty() || scanned {
			checks = append(checks, stands(p))
		}
	}
	if !scanned || !c.exclusive {
		return checks
	}
	for _, other := range c.set.Tasks { // what it scanned may be any task's
		for _, p := range other.Partitions {
			if other != c.Task {
				checks = append(checks, stands(p))
			}
		}
	}
	return checks
}
