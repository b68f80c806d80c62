package task

import (
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// Due is what follows a commit outside of the quiesce lock, because it may run what users wrote.
type Due struct {
	Letters  []deadletter.Letter
	unknown  []Unknown
	failures []brook.Failure
	commits  []brook.Commit
	Effects  []outbox.Effect
	strays   []brook.Stray
}

// Unknown is an event of a type that the package does not know.
type Unknown struct {
	position brook.Position
	Typ      string
}

// follow does what is due after commits. The caller has left the quiesce lock.
func (t *Task) follow() {
	after := t.Take()
	own := func(id partition.ID) bool { return t.Partition(id) != nil }
	after.Effects = append(t.set.Outbox.Freed(own), after.Effects...)
	for i := range after.Letters {
		t.set.Report.DeadLetter(after.Letters[i].DeadLetter, after.Letters[i].Stack)
	}
	if hook := t.set.Config.Hooks.Unknown; hook != nil {
		for _, u := range after.unknown {
			hook(u.position, u.Typ)
		}
	}
	for i, s := range after.strays {
		t.set.Report.Stray(s, delivery.ReasonOf(&s), t.strays-len(after.strays)+i+1)
	}
	for _, f := range after.failures {
		t.set.Report.Failure(f)
	}
	for i := range after.commits {
		t.set.Config.Hooks.Commit(after.commits[i])
	}
	for _, e := range after.Effects {
		if t.Effects != nil {
			t.Effects.Push(e)
		} else {
			t.set.Effects.Run(t.set.Life.Context(), e)
		}
	}
}

// Take returns what is due, for a caller that does it after it left the quiesce lock.
func (t *Task) Take() Due {
	after := t.due
	t.due = Due{}
	return after
}
