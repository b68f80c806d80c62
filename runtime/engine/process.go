package engine

import (
	"context"

	brook "github.com/brookgen/brookgen/runtime"
)

// Process applies an event at once, without the driver: all sets or none, in turn with the tasks of
// Run, but no dead letter holds it up. All tasks rest meanwhile. It returns when the views show the
// event and its effects have run, or returns the errors of the handlers, and then nothing is
// stored. The event does not stand in the log: it has no position to wait for, and a rebuild
// forgets it. Its emissions are published by Run. With Config.Group it is refused with
// [brook.ErrGroup].
//
// A commit that the store refuses is tried again until ctx ends or the app is closed: the error
// then wraps that of ctx or [brook.ErrClosed], and the store's last one. The event is applied all
// the same if only the answer to its commit was lost.
//
// data is a pointer to the payload. Process is safe for concurrent use. Generated code uses it.
func Process(ctx context.Context, a *App, def *brook.EventDef, data any) error {
	var out brook.Outbound
	brook.Encode(&out, def, data)
	return a.calls.Process(ctx, &out)
}
