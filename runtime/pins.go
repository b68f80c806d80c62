package brook

import (
	"math"
	"sync/atomic"
)

// pins counts who reads a generation, so that it is not removed under them. It has a cache line of its own: readers come and go.
type pins struct {
	_ [64]byte
	n atomic.Int64
	_ [56]byte
}

// removing is added to the pins of a generation that nobody may begin to read any more.
const removing = math.MinInt64 / 2

// release ends the time in which the generation may be read, unless somebody reads it, and reports whether nobody does.
func (p *pins) release() bool { return p.n.CompareAndSwap(0, removing) || p.n.Load() < 0 }

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
	return g, g.pins.n.Add(1) > 0
}

// unpin ends a read of g.
func (a *App) unpin(g *generation) {
	if g.pins.n.Add(-1) == 0 && a.live.Load().number != g.number {
		a.leftovers.rouse()
		if n := a.held.name; n != nil {
			if by := n.by.Load(); by != nil {
				by.rouse()
			}
		}
	}
}

// pinsOf returns the pins of a generation that is opened.
func (a *App) pinsOf(number int) *pins {
	if n := a.held.name; n != nil {
		return n.pinsOf(number)
	}
	return &pins{}
}
