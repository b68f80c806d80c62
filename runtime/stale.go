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

// rebuildStale rebuilds views that other code made, until they are rebuilt, by whomever, or that is refused, which lasts until the next
// start. Of a group that divides the partitions the member m does it that has the first of them.
func (a *App) rebuildStale(ctx context.Context, m *membership) error {
	for attempts := 1; ; attempts++ {
		stale, err := true, error(nil)
		switch {
		case m != nil && a.config.Group:
			stale, err = a.stillStale(ctx, m)
		case attempts > 1:
			if err = a.insist(ctx, "reload", func() error { return a.reload(ctx) }); err == nil {
				stale, err = a.stale()
			}
		}
		if err == nil && !stale {
			return nil
		}
		if err == nil {
			err = a.rebuild(ctx)
		}
		if err == nil || ctx.Err() != nil {
			return err
		}
		if errors.Is(err, ErrRebuildRefused) {
			a.refused.Store(true)
		}
		again := transient(err) || errors.Is(err, ErrConflict) // another process was faster, perhaps with the same code
		a.failure(Failure{What: "rebuild", Attempts: attempts, Err: err, Final: !again})
		if !again {
			return err
		}
		if serr := sleep(ctx, a.config.Retry.wait(attempts)); serr != nil {
			return err
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
