package engine

import (
	"context"

	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// owner is what the catalog has its app do.
type owner struct {
	// taken is called if another app of the name folded since this one did: what memory knows is old.
	taken func(context.Context) error
	// renewed is called if the live generation is another one than memory had, or has other indexes.
	renewed func(other bool)
	// shown is called if the live generation is shown; other: in the place of another one.
	shown func(other bool)
	// installed is called, at rest, if the live generation goes by other tables.
	installed func(*generation)
	// reload is called, at rest, to read what else memory knows of the store. adopt makes it count.
	reload func(ctx context.Context, live *generation) (adopt func(), err error)
	// positions returns how far the live views have come.
	positions func() map[partition.ID]int64
}

// renewed notes that the live generation is another one, or has other indexes.
func (a *App) renewed(other bool) {
	if other {
		a.hub.Gap()
	}
	a.news.note(func() { a.news.state = true }) // the rest of what memory knows
}

// shownOther has what is announced of the live generation heard.
func (a *App) shownOther(other bool) {
	if other {
		a.noteOwed()
	}
	if stop := a.hearing.Load(); stop != nil {
		(*stop)()
	}
}

// installed has lanes go by the tables of g.
func (a *App) installed(g *generation) {
	a.lanesMu.Lock()
	defer a.lanesMu.Unlock()
	for _, l := range append([]*lane{a.solo}, a.lanes...) {
		if l != nil && l.gen.number == g.number {
			l.in(g)
		}
	}
}

// prepareReload reads dead letters and positions of the live generation anew.
func (a *App) prepareReload(ctx context.Context, live *generation) (adopt func(), err error) {
	waits, err := a.loadWaits(ctx, live)
	if err != nil {
		return nil, err
	}
	if err := a.readAlone(ctx); err != nil {
		return nil, err
	}
	standings, err := a.catalog.standings(ctx, a.reader, live)
	if err != nil {
		return nil, err
	}
	return func() {
		a.waits, a.numbers = waits, nil
		a.solo.in(live)
		for id, s := range standings {
			a.progress.advance(id, s.Next)
		}
	}, nil
}
