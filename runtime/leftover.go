package brook

import (
	"context"
	"slices"
)

// abandon removes what was built of a generation; where that fails, the next open does.
func (a *App) abandon(g *generation) {
	ctx, cancel := context.WithTimeout(context.Background(), a.config.ShutdownTimeout)
	defer cancel()
	if a.switched(ctx, g) {
		return // the switch was told as a failure, and was none
	}
	err := a.updateState(ctx, func(next *state) error {
		if next.Building == g.number { // else another process builds by now
			next.Building = 0
		}
		next.Dropped = append(next.Dropped, g.number)
		return nil
	}, nil)
	if err == nil {
		err = a.dropOld(ctx, g)
	}
	if err == nil {
		return
	}
	a.failure(Failure{What: "removal of an unfinished rebuild", Attempts: 1, Err: err, Final: true})
}

// dropOld removes a generation that is no longer live.
func (a *App) dropOld(ctx context.Context, g *generation) error {
	if err := a.drop(ctx, g); err != nil {
		return err
	}
	return a.updateState(ctx, func(next *state) error {
		next.Dropped = slices.DeleteFunc(next.Dropped, func(n int) bool { return n == g.number })
		delete(next.Tables, g.number)
		delete(next.Replaced, g.number)
		return nil
	}, nil)
}

// dropReplaced removes the views that were replaced long enough ago that no process reads them any more. Where the clocks of processes
// differ by more than half of keptFor, it may be too early.
func (a *App) dropReplaced(ctx context.Context) error {
	a.gate.RLock()
	replaced := slices.DeleteFunc(slices.Clone(a.state.Dropped), func(n int) bool {
		at, live := a.state.Replaced[n]
		return live && a.fenced() && now().Sub(at) < keptFor
	})
	a.gate.RUnlock()
	for _, number := range replaced {
		g, err := a.open(ctx, number)
		if err != nil {
			return err
		}
		if err := a.dropOld(ctx, g); err != nil {
			return err
		}
	}
	return nil
}

// dropLeftovers removes what rebuilds that did not end well left behind.
//
// Where several processes write the store, one of them may still read or build these: what was replaced is
// removed when a later rebuild begins.
func (a *App) dropLeftovers(ctx context.Context) error {
	if a.fenced() {
		return nil
	}
	left := slices.Clone(a.state.Dropped)
	if a.state.Building != 0 {
		left = append(left, a.state.Building)
	}
	if len(left) == 0 {
		return nil
	}
	for _, number := range left {
		g, err := a.open(ctx, number)
		if err != nil {
			return err
		}
		if err := a.drop(ctx, g); err != nil {
			return err
		}
	}
	return a.updateState(ctx, func(next *state) error {
		next.Building, next.Dropped, next.Replaced = 0, nil, nil
		next.Tables = map[int][]string{next.Generation: next.Tables[next.Generation]}
		return nil
	}, nil)
}
