package engine

import (
	"errors"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/group"
)

// newMembership gives nil for an app that has no use for a group: nothing is divided, and nobody acts, or whoever commits does.
func (a *App) newMembership() *group.Membership {
	g, ok := a.config.Driver.(brook.Grouper)
	acts := a.code.Acts()
	if !ok || !a.config.Group && (a.catalog.Fenced() || !acts) {
		return nil
	}
	return group.New(&group.Membership{
		Config: &a.config, Driver: g, Topics: a.code.Topics, Outbox: a.outbox, Report: a.report,
		Checkpoints: a.publisher.Checkpoints, Assigned: a.noteOwed, Wake: a.tasks.WakeTasks,
	})
}

// divisible says why the instances of an app can't divide the partitions, as errors of the configuration.
func (a *App) divisible() error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("%w: Group: "+format, append([]any{brook.ErrConfig}, args...)...))
	}
	if _, ok := a.config.Driver.(brook.Grouper); !ok {
		bad("the driver has no groups")
	}
	if _, ok := a.config.Driver.(brook.Partitioner); !ok {
		bad("the driver does not say which partition a key belongs to")
	}
	if !a.catalog.Fenced() {
		bad("the store is the process's own, so each instance has to fold all partitions; leave Group out, or share a store: redisstore")
	}
	if delivery.Unkeyed(a.config.Envelope) {
		bad("the envelope's record keys are not the events' keys, so that events of one key may be in any partition")
	}
	for i := range a.def.Handlers {
		if reason := a.code.Obstacle(&a.def.Handlers[i]); reason != "" {
			bad("%s", reason)
		}
	}
	return errors.Join(errs...)
}
