package engine

import (
	"errors"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// checkGroup returns why the instances of an app can't divide the partitions, as errors of the
// configuration, or nil.
func checkGroup(s *task.Set) error {
	var errs []error
	bad := func(format string, args ...any) {
		args = append([]any{brook.ErrConfig}, args...)
		errs = append(errs, fmt.Errorf("%w: Group: "+format, args...))
	}
	if _, ok := s.Config.Driver.(brook.Grouper); !ok {
		bad("the driver has no groups")
	}
	if _, ok := s.Config.Driver.(brook.Partitioner); !ok {
		bad("the driver does not say which partition a key belongs to")
	}
	if !s.Catalog.Fenced() {
		bad("the store is the process's own, so each instance has to fold all partitions; " +
			"leave Group out, or share a store: redisstore")
	}
	if delivery.Unkeyed(s.Config.Envelope) {
		bad("the envelope's record keys are not the events' keys, so that events of one key " +
			"may be in any partition")
	}
	for i := range s.Def.Handlers {
		if reason := s.Code.Obstacle(&s.Def.Handlers[i]); reason != "" {
			bad("%s", reason)
		}
	}
	return errors.Join(errs...)
}
