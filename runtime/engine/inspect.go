package engine

import (
	"context"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/inspect"
	"github.com/brookgen/brookgen/runtime/internal/inspection"
)

var _ inspect.Inspector = inspector{}

// Inspect returns what shows the app to who does not know its Go types, and acts on its dead
// letters: an inspector page, a command. From the first call on, handlers are counted
// ([inspect.Counts]), which takes some tens of nanoseconds an event; beyond that it costs nothing as
// long as nobody calls its methods. It is safe for concurrent use.
func (a *App) Inspect() inspect.Inspector {
	a.tasks.Flow.Begin()
	return inspector{inspection.New(a.tasks), a}
}

// inspector is an inspection that acts as well.
type inspector struct {
	*inspection.Inspection
	app *App
}

// Redrive tries the letters again that f accepts.
func (i inspector) Redrive(ctx context.Context, f inspect.LetterFilter) (int, error) {
	accepts, err := i.Accepts(f)
	if err != nil {
		return 0, err
	}
	return i.app.Redrive(ctx, accepts)
}

// Drop removes the letters that f accepts.
func (i inspector) Drop(ctx context.Context, f inspect.LetterFilter) (int, error) {
	accepts, err := i.Accepts(f)
	if err != nil {
		return 0, err
	}
	return i.app.Drop(ctx, func(d brook.DeadLetter) bool {
		// An event that is parked and not reported is none of the letters that were shown.
		return accepts(d) && (f.IDs != nil || d.Stage != brook.StageEarly || i.Reported(ctx, &d))
	})
}

// Preview returns how rebuilt views would differ from the live ones.
func (i inspector) Preview(ctx context.Context) (brook.Diff, error) { return i.app.Preview(ctx) }

// Rebuild makes the views anew.
func (i inspector) Rebuild(ctx context.Context, options ...brook.RebuildOption) error {
	return i.app.Rebuild(ctx, options...)
}
