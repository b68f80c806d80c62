package catalog

import "github.com/brookgen/brookgen/runtime/internal/holds"

// Pin returns the live generation, which is not removed until unpin. The caller folds, or goes by guarded.
func (c *Catalog) Pin() *Generation {
	for {
		if g, ok := c.tryPin(); ok {
			return g
		}
	}
}

// tryPin is pin, and reports false if the generation was replaced in between, and is being removed.
func (c *Catalog) tryPin() (*Generation, bool) {
	g := c.Live.Load()
	return g, g.pins.Pin()
}

// Unpin ends a read of g.
func (c *Catalog) Unpin(g *Generation) {
	if g.pins.Unpin() && c.Live.Load().Number != g.Number {
		c.Leftovers.Wake()
		if n := c.held.name; n != nil {
			if by := n.By.Load(); by != nil {
				by.Rouse()
			}
		}
	}
}

// pinsOf returns the pins of a generation that is opened.
func (c *Catalog) pinsOf(number int) *holds.Pins {
	if n := c.held.name; n != nil {
		return n.PinsOf(number)
	}
	return &holds.Pins{}
}
