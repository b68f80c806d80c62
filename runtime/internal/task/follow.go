package task

import (
	"github.com/brookgen/brookgen/runtime/internal/batch"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// follow does what is due after commits. The caller has left the quiesce lock.
func (t *Task) follow() {
	after := t.due
	t.due = batch.Due{}
	own := func(id partition.ID) bool { return t.Partition(id) != nil }
	after.Effects = append(t.set.Outbox.Group.Freed(own), after.Effects...)
	for i := range after.Letters {
		t.set.Report.DeadLetter(after.Letters[i].DeadLetter, after.Letters[i].Stack)
	}
	if hook := t.set.Config.Hooks.Unknown; hook != nil {
		for _, u := range after.Unknown {
			hook(u.Position, u.Type)
		}
	}
	for i, s := range after.Strays {
		t.set.Report.Stray(s, delivery.ReasonOf(&s), t.strays-len(after.Strays)+i+1)
	}
	for _, f := range after.Failures {
		t.set.Report.Failure(f)
	}
	for i := range after.Commits {
		t.set.Config.Hooks.Commit(after.Commits[i])
	}
	for _, e := range after.Effects {
		if t.Effects != nil {
			t.Effects.Push(e)
		} else {
			t.set.Effects.Run(t.set.Life.Context(), e)
		}
	}
}
