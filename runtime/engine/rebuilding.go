package engine

import (
	"context"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// The target of a rebuild: nobody reads the views that it makes until they are promoted.

func (r *rebuilding) Visits() bool                     { return false }
func (r *rebuilding) Current(*catalog.Generation) bool { return true }
func (r *rebuilding) Lost() error                      { return nil }
func (r *rebuilding) Claim(context.Context) error      { return nil }
func (r *rebuilding) Claimed() bool                    { return true }
func (r *rebuilding) Look([]*task.Partition)           {}
func (r *rebuilding) Stops() bool                      { return false }

func (r *rebuilding) Dropped(p brook.Position) []string { return r.asides.Dropped(p) }

func (r *rebuilding) Stage(l *task.Task, _ *task.Partition, m *delivery.Delivery) { l.Owe(m, r.asides) }

func (r *rebuilding) Silence(letter *deadletter.Letter) {
	if letter.Stage != brook.StageEmit {
		letter.Silent, letter.Owes = r.asides.Silence(letter)
	}
}

func (r *rebuilding) Committed(l *task.Task, _ []brook.Progress, _ []brook.Position) {
	r.passedOver(l.Batch.Unknown)
}
