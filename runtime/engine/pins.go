package engine

import "github.com/brookgen/brookgen/runtime/internal/holds"

// pin returns the live generation, which is not removed until unpin. The caller folds, or goes by guarded.
func (a *App) pin() *generation {
	for {
		if g, ok := a.tryPin(); ok {
			return g
		}
	}
}

// tryPin is pin, and reports false if the generation was replaced in between, and is being removed.
func (a *App) tryPin() (*generation, bool) {
	g := a.live.Load()
	return g, g.pins.N.Add(1) > 0
}

// unpin ends a read of g.
func (a *App) unpin(g *generation) {
	if g.pins.N.Add(-1) == 0 && a.live.Load().number != g.number {
		a.leftovers.rouse()
		if n := a.held.name; n != nil {
			if by := n.By.Load(); by != nil {
				by.Rouse()
			}
		}
	}
}

// pinsOf returns the pins of a generation that is opened.
func (a *App) pinsOf(number int) *holds.Pins {
	if n := a.held.name; n != nil {
		return n.PinsOf(number)
	}
	return &holds.Pins{}
}
