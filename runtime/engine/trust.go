package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// Where several processes write the store, one of them may rebuild the views, and remove the generation that others go on
// reading. So nobody goes by a generation for longer than freshFor without a look whether it is still the live one, and
// one that was replaced is kept for keptFor. What is between is for scans that are long, and for clocks that differ.
const (
	freshFor = 5 * time.Second
	scanFor  = 30 * time.Second // how long a scan may go on in a generation that it last knew to be the live one
	keptFor  = time.Minute
)

// age gives how old the app is, by a clock that nobody sets.
func (a *App) age() time.Duration { return time.Since(a.born) }

// confirm makes sure that the live generation is the one that the store had as such not longer than freshFor ago; of a store that is the
// process's own, that it is.
func (a *App) confirm(ctx context.Context) error {
	if !a.fenced() {
		return a.confirmHeld(ctx)
	}
	if a.age()-time.Duration(a.trusted.Load()) < freshFor {
		return nil
	}
	a.trustMu.Lock()
	defer a.trustMu.Unlock()
	if a.age()-time.Duration(a.trusted.Load()) < freshFor { // somebody else did
		return nil
	}
	_, err := a.renew(ctx)
	return err
}

// confirmHeld is confirm for a store that is the process's own, where another app of the name may have rebuilt.
func (a *App) confirmHeld(ctx context.Context) error {
	if !a.displacedByOther() {
		return nil
	}
	a.trustMu.Lock()
	defer a.trustMu.Unlock()
	if !a.displacedByOther() {
		return nil
	}
	_, err := a.renew(ctx)
	return err
}

// renew makes the generation the live one that the store has as such, and gives the state. It needs no rest of the lanes: what they commit
// is checked against the state. The caller holds trustMu.
func (a *App) renew(ctx context.Context) (state, error) {
	asked := a.age()
	next, err := a.readState(ctx)
	if errors.Is(err, brook.ErrNotFound) {
		err = fmt.Errorf("brook: reload %s: %w", a.config.Name,
			errors.New("the store lost the app's state: bring back what it had, or start the app anew to fold the log from its start"))
	}
	if err != nil {
		return state{}, err
	}
	was := a.live.Load()
	g, err := a.openLive(ctx, &next, was)
	switch {
	case err != nil:
		return state{}, err
	case g.number == was.number && g != was:
		a.live.Store(g)
		a.on.renewed(false)
	case g != was:
		a.show(g)
		a.on.renewed(true)
	}
	a.trusted.Store(int64(asked))
	return next, nil
}

// guard watches over reads of one generation that take long.
type guard struct {
	app   *App
	gen   *generation
	known time.Duration // when it was known to be the live one
}

// guarded begins to read the live generation, which this process does not remove until end.
func (a *App) guarded(ctx context.Context) (*guard, error) {
	for {
		if err := a.confirm(ctx); err != nil {
			return nil, err
		}
		known := time.Duration(a.trusted.Load()) // before the generation, which is at least as new
		if g, ok := a.tryPin(); ok {
			return &guard{a, g, known}, nil
		}
	}
}

// end ends the reads.
func (g *guard) end() { g.app.unpin(g.gen) }

// check says whether what was just read counts: ErrSnapshotMoved where the generation may be under removal.
func (g *guard) check(ctx context.Context) error {
	if g == nil || !g.app.fenced() || g.app.age()-g.known < freshFor {
		return nil
	}
	if err := g.app.confirm(ctx); err != nil {
		return err
	}
	if known := time.Duration(g.app.trusted.Load()); g.app.live.Load().number == g.gen.number {
		g.known = known
		return nil
	}
	if g.app.age()-g.known > scanFor {
		return fmt.Errorf("%w: the views were rebuilt, and those that this reads are removed", brook.ErrSnapshotMoved)
	}
	return nil
}
