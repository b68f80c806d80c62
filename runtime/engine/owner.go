package engine

import (
	"context"

	"github.com/brookgen/brookgen/runtime/internal/catalog"
)

// afterOthers reads anew what another app of the name may have changed.
func (a *App) afterOthers(ctx context.Context) error {
	a.tasks.Unsure.Store(true)
	if err := a.doubtless(ctx); err != nil {
		return err
	}
	a.catalog.SweepSoon()
	return a.retry.Do(ctx, "reload", func() error { return a.catalog.ReloadShapes(ctx) })
}

// shownOther has what is announced of the live generation heard.
func (a *App) shownOther(other bool) {
	if other {
		a.noteOwed()
	}
	a.follower.Relisten()
}

// prepareReload reads dead letters and positions of the live generation anew.
func (a *App) prepareReload(ctx context.Context, live *catalog.Generation) (adopt func(), err error) {
	waits, err := a.tasks.Letters.Blocked(ctx, live)
	if err != nil {
		return nil, err
	}
	if err := a.tasks.ReadAlone(ctx); err != nil {
		return nil, err
	}
	standings, err := a.catalog.Standings(ctx, a.reader, live)
	if err != nil {
		return nil, err
	}
	return func() {
		a.tasks.Blocked, a.tasks.Emissions.Numbers = waits, nil
		a.tasks.Exclusive.In(live)
		for id, s := range standings {
			a.progress.Advance(id, s.Next)
		}
	}, nil
}
