package engine

import (
	"context"

	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// publishing is what the publisher has its app do.
type publishing struct {
	// adopt moves emissions that a rebuild owed into the outbox.
	adopt func(context.Context) error
	// refused is called for each emission that became a dead letter, at rest.
	refused func(partition.ID)
	// doubt is called with the error of a commit that may have happened.
	doubt func(error)
	// wake makes tasks look whether they may go on.
	wake func()
	// broke is called with errors that may end Run.
	broke func(error)
}

// emissionRefused counts a dead letter of an emission.
func (a *App) emissionRefused(id partition.ID) {
	if w := a.waits[id]; w != nil {
		w.AddEmission()
	}
}
