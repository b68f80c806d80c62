package brook

import (
	"context"
	"maps"
	"slices"
)

// abandon removes what was built of a generation; where that fails, the next open does.
func (a *App) abandon(g *generation) {
	ctx, cancel := context.WithTimeout(context.Background(), a.config.ShutdownTimeout)
	defer cancel()
	if a.switched(ctx, g) {
		return // the switch was told as a failure, and was none
	}
	err := a.again(ctx, func() error {
		a.rest()
		defer a.gate.Unlock()
		next := a.state
		if next.Building == g.number { // else another process builds by now
			next.Building = 0
		}
		next.Dropped = append(slices.Clone(next.Dropped), g.number)
		return a.change(ctx, next)
	})
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
	a.rest()
	defer a.gate.Unlock()
	next := a.state
	next.Dropped = slices.DeleteFunc(slices.Clone(next.Dropped), func(n int) bool { return n == g.number })
	next.Tables = maps.Clone(next.Tables)
	delete(next.Tables, g.number)
	next.Replaced = maps.Clone(next.Replaced)
	delete(next.Replaced, g.number)
	return a.change(ctx, next)
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
	next := a.state
	next.Building, next.Dropped = 0, nil
	next.Tables = map[int][]string{next.Generation: next.Tables[next.Generation]}
	return a.change(ctx, next)
}
