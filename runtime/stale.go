package brook

import (
	"context"
	"errors"
	"fmt"
)

// ours gives the number of the live generation; where it is another one than it was, and made by other code than this, with an error.
func (a *App) ours(was int) (int, error) {
	a.rest()
	defer a.gate.Unlock()
	is := a.live.Load().number
	if is == was || a.config.OnStale == GoOn {
		return is, nil
	}
	if changes := a.changes(); changes != "" {
		return is, fmt.Errorf("%w: another instance has rebuilt the views with other code: %s; run one version of it", ErrStale, changes)
	}
	return is, nil
}

// rebuildStale rebuilds views that other code made. Of a group that divides the partitions one member does, which has the first of them.
func (a *App) rebuildStale(ctx context.Context, m *membership) {
	for attempts := 1; ; attempts++ {
		if a.config.Group {
			stale, err := a.stillStale(ctx, m)
			if err != nil && ctx.Err() == nil {
				a.failure(Failure{What: "rebuild", Attempts: attempts, Err: err, Final: true})
			}
			if !stale || err != nil {
				return
			}
		}
		err := a.rebuild(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		again := a.config.Group && errors.Is(err, ErrConflict) // another member got the first partition meanwhile
		a.failure(Failure{What: "rebuild", Attempts: attempts, Err: err, Final: !again})
		if !again || sleep(ctx, a.config.Retry.wait(attempts)) != nil {
			return
		}
	}
}

// stillStale waits until the member has the first partition, and reports whether nobody has rebuilt the views by then.
func (a *App) stillStale(ctx context.Context, m *membership) (bool, error) {
	for {
		mine, changed := m.part()
		if mine[partitionID{a.topics[0], 0}] {
			break
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
	if err := a.insist(ctx, "reload", func() error { return a.reload(ctx) }); err != nil {
		return false, err
	}
	return a.stale()
}
