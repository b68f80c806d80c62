package rebuild

import (
	"context"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// The target of a rebuild: nobody reads the views that it makes until they are promoted.

func (r *Rebuild) Visits() bool                     { return false }
func (r *Rebuild) Current(*catalog.Generation) bool { return true }
func (r *Rebuild) Lost() error                      { return nil }
func (r *Rebuild) Claim(context.Context) error      { return nil }
func (r *Rebuild) Claimed() bool                    { return true }
func (r *Rebuild) Look([]*task.Partition)           {}
func (r *Rebuild) Stops() bool                      { return false }

func (r *Rebuild) Dropped(p brook.Position) []string { return r.asides.Dropped(p) }

func (r *Rebuild) Stage(l *task.Task, _ *task.Partition, m *delivery.Delivery) { l.Owe(m, r.asides) }

func (r *Rebuild) Silence(letter *deadletter.Letter) {
	if letter.Stage != brook.StageEmit {
		letter.Silent, letter.Owes = r.asides.Silence(letter)
	}
}

func (r *Rebuild) Committed(l *task.Task, _ []brook.Progress, _ []brook.Position) {
	r.passedOver(l.Batch.Unknown)
}
