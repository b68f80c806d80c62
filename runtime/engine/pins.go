package engine

import "github.com/brookgen/brookgen/runtime/internal/holds"

// pin returns the live generation, which is not removed until unpin. The caller folds, or goes by guarded.
func (c *catalog) pin() *generation {
	for {
		if g, ok := c.tryPin(); ok {
			return g
		}
	}
}

// tryPin is pin, and reports false if the generation was replaced in between, and is being removed.
func (c *catalog) tryPin() (*generation, bool) {
	g := c.live.Load()
	return g, g.pins.N.Add(1) > 0
}

// unpin ends a read of g.
func (c *catalog) unpin(g *generation) {
	if g.pins.N.Add(-1) == 0 && c.live.Load().number != g.number {
		c.leftovers.rouse()
		if n := c.held.name; n != nil {
			if by := n.By.Load(); by != nil {
				by.Rouse()
			}
		}
	}
}

// pinsOf returns the pins of a generation that is opened.
func (c *catalog) pinsOf(number int) *holds.Pins {
	if n := c.held.name; n != nil {
		return n.PinsOf(number)
	}
	return &holds.Pins{}
}
