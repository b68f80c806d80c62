// Package exclusive changes the live views while all tasks rest, beside the order of any partition:
// it runs events of Process and letters that are redriven, and commits what Drop and the like
// write.
//
// An app has one Pool. Whoever holds the quiesce lock begins a Task, uses it in its goroutine,
// and ends it before it releases the lock: all of that is guarded by the lock. While a commit is
// tried again, others may have the lock meanwhile, and tasks of their own.
package exclusive

import (
	"github.com/brookgen/brookgen/runtime/internal/processor"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// Pool makes exclusive tasks, and keeps the processor of one that ended for the next. The quiesce
// lock guards it.
type Pool struct {
	set   *task.Set
	spare *processor.Processor // of a task that ended; nil: there is none
}

// New returns a pool of tasks beside those of a set.
func New(set *task.Set) *Pool { return &Pool{set: set} }

// Begin begins a task over the live views. The caller holds the quiesce lock, by rest, or if that
// is nil, by itself: such a task commits with CommitOnce only.
func (p *Pool) Begin(rest *task.Quiesced) *Task {
	live := p.set.Catalog.Live()
	x := p.spare
	if x == nil {
		target := processor.Live{Parts: &p.set.Parts}
		x = processor.New(&p.set.Parts, live, target, p.set.Catalog.Fenced())
		x.Numbers, x.Called = true, true
	}
	p.spare = nil
	x.In(live)
	return &Task{Processor: x, pool: p, set: p.set, rest: rest}
}

// Reset makes the next task use the generated code as it is in Parts now.
func (p *Pool) Reset() { p.spare = nil }
