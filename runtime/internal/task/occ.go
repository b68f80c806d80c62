package task

import (
	brook "github.com/brookgen/brookgen/runtime"
)

// preconditions returns what a batch relies on if several processes write the store: the rows that
// its events read, the positions that it goes on from, and the state of the app. If another process
// was faster, nothing is written, and the task begins anew from what the store holds. preconditions
// returns nil if the store is the process's own.
func (t *Task) preconditions() []brook.Check {
	if !t.Tx.TracksReads() {
		return nil
	}
	checks := append(t.Tx.ReadChecks(), t.set.Catalog.Unchanged())
	stands := func(p *Partition) brook.Check {
		return brook.Check{Table: t.Gen.Positions, Key: p.ID.AppendKey(nil), Value: p.Stored()}
	}
	for _, p := range t.Partitions {
		if p.Dirty() || t.Tx.Scanned() {
			checks = append(checks, stands(p))
		}
	}
	if !t.Tx.Scanned() {
		return checks
	}
	if t.exclusive { // what it scanned may be any task's
		for _, other := range t.set.Tasks {
			for _, p := range other.Partitions {
				if other != t {
					checks = append(checks, stands(p))
				}
			}
		}
	}
	return append(checks, brook.Check{
		Table: t.set.Catalog.Meta(), Key: aloneKey, Value: *t.set.aloneMark.Load(),
	})
}
