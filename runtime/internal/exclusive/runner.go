// Package exclusive changes the live views while all tasks rest, beside the order of any partition:
// it runs events of Process and letters that are redriven, and commits what Drop and the like
// write.
//
// An app has one Runner. Whoever holds the quiesce lock begins a Task, uses it in its goroutine,
// and ends it before it releases the lock: all of that is guarded by the lock. While a commit is
// tried again, others may have the lock meanwhile, and tasks of their own.
package exclusive

import (
	"github.com/brookgen/brookgen/runtime/internal/processor"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// Runner makes exclusive tasks. The quiesce lock guards it.
type Runner struct {
	set   *task.Set
	spare *processor.Processor // of a task that ended; nil: there is none
}

// New returns what runs exclusive tasks beside those of a set.
func New(set *task.Set) *Runner { return &Runner{set: set} }

// Begin begins a task over the live views. The caller holds the quiesce lock, by rest, or if that
// is nil, by itself: such a task commits with CommitOnce only.
func (r *Runner) Begin(rest *task.Quiesced) *Task {
	live := r.set.Catalog.Live()
	x := r.spare
	if x == nil {
		target := processor.Live{Parts: &r.set.Parts}
		x = processor.New(&r.set.Parts, live, target, r.set.Catalog.Fenced())
		x.Numbers = true
	}
	r.spare = nil
	x.In(live)
	return &Task{Processor: x, runner: r, set: r.set, rest: rest}
}

// Reset makes the next task use the generated code as it is in Parts now.
func (r *Runner) Reset() { r.spare = nil }
